"""Every setting, declared once: its type, default and help, what it decides, and which commands take it.

A dataclass holds the settings of a kind of command; `kit.commands.setting_flags` fills it. To add one, add a field:
`make help`, `--help`, KIT_<NAME>, kit.toml and the Makefile follow, and so does the training request of a
hyperparameter. What is left to do is to use it, to translate its help, and its row in docs/*/reference.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import click

from kit.language import _, marked
from kit.repository import ROOT
from kit.setting_types import (
    EMAIL_ADDRESSES,
    FAULTS,
    INSTANCE,
    NAMES,
    PORT,
    ExpandedPath,
    Matching,
    Number,
    PathOrS3,
    S3Address,
    declarations,
    setting,
)

# The values of `runtime`.
AUTO, PROCESS, DOCKER = "auto", "process", "docker"
# Who labels on the local track.
SCRIPTED, HUMAN = "scripted", "human"
# Who serves the labelling on the cloud track.
GROUND_TRUTH, LABEL_STUDIO = "ground-truth", "label-studio"
# What it fine-tunes.
JUMPSTART, OWN = "jumpstart", "own"


@dataclass(frozen=True)
class RunsSettings:
    """Settings of every command that looks at runs. `None` means "not given", here and below."""

    # Of this copy of the repository, from wherever the command is called.
    runs: Path = setting(ROOT / "runs", ExpandedPath(), marked("folder of the runs"), identity=False)


@dataclass(frozen=True)
class BrowserSettings(RunsSettings):
    """Settings of runs that have pages to show."""

    browser: bool = setting(
        True, click.BOOL, marked("0: do not open labelling and report in the browser by itself"), identity=False
    )


@dataclass(frozen=True)
class EndpointAgeSettings(RunsSettings):
    """Settings of the reminder of endpoints."""

    endpoint_hours: float = setting(
        2.0, Number(0, 1000), marked("age at which every command warns of an endpoint"), identity=False
    )


@dataclass(frozen=True)
class RegionSettings(RunsSettings):
    """Settings of every command that signs in on AWS."""

    region: str | None = setting(
        None,
        Matching(r"[a-z]{2,}(-[a-z]+)+-\d", marked("a region, such as us-east-1")),
        marked("AWS region"),
        identity=False,
    )


@dataclass(frozen=True)
class DetectSettings(RegionSettings):
    """Settings of `kit detect`; those of the same names mean the same to a run."""

    threshold: float | None = setting(
        None, Number(0, 1), marked("lowest score that counts; default: the run's"), identity=False
    )


@dataclass(frozen=True)
class RuntimeSettings(RunsSettings):
    """Settings of what runs on this machine."""

    runtime: str = setting(
        AUTO,
        click.Choice([AUTO, PROCESS, DOCKER]),
        marked("what the local cloud runs on: process, docker, or auto (docker where it can be had)"),
        identity=False,
    )


@dataclass(frozen=True)
class PageSettings(RunsSettings):
    """Settings of the page before an endpoint."""

    host: str = setting(
        "127.0.0.1",
        Matching(r"\d{1,3}(\.\d{1,3}){3}", marked("an IPv4 address, such as 0.0.0.0")),
        marked("address that page and labelling are served on; 0.0.0.0 lets others of the same network in"),
        identity=False,
    )
    port: int | None = setting(None, PORT, marked("port of the page; default: a free one"), identity=False)


@dataclass(frozen=True)
class KeepSettings(PageSettings):
    """Settings of runs that may go on with the page."""

    keep: bool = setting(
        False,
        click.BOOL,
        marked("1: keep the endpoint, with the page to try it, until Ctrl-C; then clean up"),
        identity=False,
    )


@dataclass(frozen=True)
class EndpointSettings(PageSettings, RuntimeSettings):
    """Settings of `kit endpoint`."""

    track: str = setting(
        "local",
        click.Choice(["local", "cloud"]),
        marked("whose endpoint: local (a new one on this machine) or cloud (the live one on AWS)"),
        identity=False,
    )


@dataclass(frozen=True)
class LabelStudioSettings(RunsSettings):
    """Settings of commands that may start Label Studio."""

    label_studio_port: int | None = setting(
        None, PORT, marked("port for Label Studio; default: a free one"), identity=False
    )


@dataclass(frozen=True)
class ServicesSettings(LabelStudioSettings):
    """Settings of commands that start the services of this machine."""

    s3_port: int | None = setting(None, PORT, marked("port for S3; default: a free one"), identity=False)


@dataclass(frozen=True)
class RunSettings(RunsSettings):
    """Settings of every command that is about one run."""

    run: str | None = setting(
        None, click.STRING, marked("name of a run, as `make runs` lists it; default: the one that fits"), identity=False
    )


@dataclass(frozen=True)
class WorkersSettings(RunsSettings):
    """Settings of commands that look at who labels."""

    workers: tuple[str, ...] = setting(
        (), EMAIL_ADDRESSES, marked("e-mail addresses of those who label, comma-separated"), identity=False
    )


@dataclass(frozen=True)
class Settings(RunSettings, WorkersSettings, BrowserSettings):
    """The settings of a run on either track; AWS has another `labeler`."""

    images: Path | None = setting(
        None, ExpandedPath(), marked("folder of your own pictures, with subfolders, instead of the samples")
    )
    labels: tuple[str, ...] | None = setting(None, NAMES, marked("class names in class-id order, comma-separated"))
    annotations: Path | S3Address | None = setting(
        None,
        PathOrS3(),
        marked(
            "labels that exist already, of any format that `kit convert` reads; a file or folder, or (cloud) s3://…"
        ),
        formerly="manifest",
    )
    attribute: str | None = setting(
        None,
        Matching(r"[^,]+(,[^,]+)*", marked("the name of a label attribute, or several with commas between")),
        marked(
            "label attribute of a Ground Truth manifest, or several (a,b) whose boxes are taken together; default: "
            "each line's newest"
        ),
    )
    labeler: str | None = setting(
        None, click.Choice([SCRIPTED, HUMAN]), marked("who labels: scripted (samples only) or human")
    )
    relabel: str | None = setting(
        None,
        Matching(r"[\w-]+", marked("the name of a run, as `make runs` lists it")),
        marked("run whose labels people go on from, with the pictures that it was found wrong on; see `make relabel`"),
    )
    suspects: bool = setting(
        False,
        click.BOOL,
        marked("1: of that run's labels only those that `make suspects` has found worth another look, the worst first"),
    )
    assist: str = setting(
        "0",
        Matching(r"0|1|[^,\s]*[^\d,\s][^,\s]*", marked("0, 1, or the name of a run")),
        marked(
            "who draws first when people label with Label Studio: 0 nobody, 1 a model that learns from what is "
            "labelled, or the model of the run of that name"
        ),
        identity=False,
    )
    epochs: int = setting(
        30, click.IntRange(1, 1000), marked("passes over the training pictures"), hyperparameter="epochs"
    )
    learning_rate: float | None = setting(
        None,
        Number(1e-7, 1),
        marked("adam-learning-rate; default: the detector's own"),
        hyperparameter="adam-learning-rate",
    )
    batch_size: int | None = setting(
        None,
        click.IntRange(1, 256),
        marked("pictures per training step; default: the detector's own"),
        hyperparameter="batch-size",
    )
    image_size: int | None = setting(
        None,
        click.IntRange(96, 1024),
        marked("side of the detector's input in pixels"),
        hyperparameter="image-size",
    )
    seed: int = setting(
        0, click.IntRange(0, 2**31 - 1), marked("seed of training and of the held-out choice"), hyperparameter="seed"
    )
    train_minutes: float | None = setting(
        None,
        # SageMaker's longest: 28 days (StoppingCondition in its API reference).
        Number(0.01, 28 * 24 * 60),
        marked("minutes after which training is stopped; default: more with more epochs and pictures"),
        identity=False,
    )
    held_out: float = setting(0.2, Number(0, 0.9), marked("part of your own labelled pictures kept for the score"))
    threshold: float | None = setting(
        None, Number(0, 1), marked("lowest score that is drawn; default: that of the best F1"), identity=False
    )


@dataclass(frozen=True)
class LocalSettings(Settings, ServicesSettings, KeepSettings, RuntimeSettings):
    """The settings of a run on this machine."""


@dataclass(frozen=True)
class RelabelSettings(LocalSettings):
    """The settings of a run on this machine from the labels of another, which has the rest of them."""


@dataclass(frozen=True)
class InstanceSettings(RegionSettings):
    """Settings of commands that look at quotas."""

    train_instance: str = setting(
        "ml.g4dn.xlarge", INSTANCE, marked("instance type of the training job"), identity=False
    )
    endpoint_instance: str = setting("ml.m5.large", INSTANCE, marked("instance type of the endpoint"), identity=False)
    spot: bool = setting(
        False, click.BOOL, marked("1: train on spot instances, cheaper, but they may be taken away"), identity=False
    )


@dataclass(frozen=True)
class StudioSettings(RegionSettings):
    """Settings of commands that change something on AWS."""

    poll_seconds: float = setting(10.0, Number(0, 600), marked("seconds between two looks at a job"), identity=False)
    yes: bool = setting(
        False, click.BOOL, marked("1: go on without asking, with the plan as well as with the clean-up"), identity=False
    )


@dataclass(frozen=True)
class CleanSettings(StudioSettings, RunSettings):
    """Settings of the clean-up."""

    all: bool = setting(
        False,
        click.BOOL,
        marked("1: look in the account and region for what any run made, also without its folder"),
        identity=False,
    )


@dataclass(frozen=True)
class DoctorSettings(InstanceSettings, LabelStudioSettings, WorkersSettings):
    """Settings of the checks before a run on AWS."""

    labeler: str = setting(
        GROUND_TRUTH,
        click.Choice([GROUND_TRUTH, LABEL_STUDIO]),
        marked("who serves the labelling: ground-truth or label-studio"),
    )
    role_arn: str | None = setting(
        None,
        Matching(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", marked("the ARN of an IAM role")),
        marked("execution role that exists"),
        identity=False,
    )
    model_id: str = setting(
        "mxnet-od-ssd-512-mobilenet1-0-coco",
        Matching(r"[a-z0-9][a-z0-9-]*", marked("a JumpStart model id")),
        marked("JumpStart model"),
    )
    trainer: str = setting(
        JUMPSTART,
        click.Choice([JUMPSTART, OWN]),
        marked("what is fine-tuned: jumpstart's model, or the kit's own detector"),
    )


@dataclass(frozen=True)
class CloudSettings(DoctorSettings, StudioSettings, Settings, EndpointAgeSettings, KeepSettings):
    """The settings of a run on AWS."""

    endpoint_minutes: float = setting(
        65.0, Number(0, 1000), marked("how long the endpoint may take to come up"), identity=False
    )
    plan: bool = setting(False, click.BOOL, marked("1: show the plan and the price, create nothing"), identity=False)


@dataclass(frozen=True)
class RehearsalSettings(CloudSettings):
    """The settings of the cloud track against the double of AWS."""

    fault: tuple[str, ...] = setting(
        (), FAULTS, marked("let operations fail once, as in CreateTrainingJob=ResourceLimitExceeded"), identity=False
    )


# Of every setting that there is.
DECLARATIONS = {
    name: each
    for kind in (LocalSettings, RehearsalSettings, EndpointSettings, CleanSettings)
    for name, each in declarations(kind).items()
}
# Today's names of settings by those that they had before.
FORMER = {each.formerly: name for name, each in DECLARATIONS.items() if each.formerly}

# Origins, as `ResolvedSettings` has them.
DEFAULT, FILE, MAKE = marked("default"), "kit.toml", "make"

S_co = TypeVar("S_co", bound=RunsSettings, covariant=True)


@dataclass(frozen=True)
class ResolvedSettings(Generic[S_co]):
    """Settings, and for each name where its value came from: one of `DEFAULT`, `FILE`, `MAKE`, KIT_<NAME>, --<name>."""

    settings: S_co
    origins: Mapping[str, str]


def source_of(name: str, origin: str) -> str:
    """The form in which a setting was given, for a sentence: `--epochs`, `EPOCHS`, `epochs of kit.toml`."""
    if origin == FILE:
        return _("{name} of {file}").format(name=name, file=FILE)
    return name.upper() if origin in (MAKE, DEFAULT) else origin
