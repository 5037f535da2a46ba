"""The settings of a run, and those of a run on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from kit.language import marked
from kit.setting_types import NAMES, ExpandedPath, Matching, Number, PathOrS3, S3Address, setting
from kit.settings.shared import (
    HUMAN,
    SCRIPTED,
    BrowserSettings,
    KeepSettings,
    RunSettings,
    RuntimeSettings,
    ServicesSettings,
    WorkersSettings,
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
    assist: str | None = setting(
        None,
        Matching(r"0|1|[^,\s]*[^\d,\s][^,\s]*", marked("0, 1, or the name of a run")),
        marked(
            "who draws first when people label with Label Studio: 1, the default, a model that learns from what is "
            "labelled, 0 nobody, or the model of the run of that name"
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
