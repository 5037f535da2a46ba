"""Every setting of a run, in one typed object that knows where each value came from.

Precedence: defaults < kit.toml < environment (KIT_<NAME>) < command-line flags.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import InputError
from kit.language import _, marked
from kit.s3_uri import is_s3_uri

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETTINGS_FILE = Path("kit.toml")
ENVIRONMENT_PREFIX = "KIT_"
# The values of `runtime`.
AUTO, PROCESS, DOCKER = "auto", "process", "docker"


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


class S3Address(str):
    """`s3://bucket/key`."""


def _path_or_s3(text: str) -> Path | S3Address:
    return S3Address(text) if is_s3_uri(text) else _path(text)


def _labels(text: str) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in text.split(","))
    if not all(labels):
        raise ValueError(_("a comma-separated list of names, none of them empty"))
    if len(set(labels)) != len(labels):
        raise ValueError(_("a list in which no name stands twice"))
    return labels


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(_(" or ").join(choices))
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d+", text) or not low <= int(text) <= high:
            raise ValueError(_("a whole number from {low} to {high}").format(low=low, high=high))
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise ValueError(_("a number from {low:g} to {high:g}").format(low=low, high=high))
        return number

    return parse


def _yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(_("1 (yes) or 0 (no)"))
    return text == "1"


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(_(what))
        return text

    return parse


def _workers(text: str) -> tuple[str, ...]:
    workers = tuple(worker.strip() for worker in text.split(","))
    if not all(re.fullmatch(r"[^@\s,]+@[^@\s,]+", worker) for worker in workers):
        raise ValueError(_("comma-separated e-mail addresses, such as a@example.org,b@example.org"))
    return workers


def _setting(default: Any, parse: Callable[[str], Any], text: str) -> Any:
    return dataclasses.field(default=default, metadata={"parse": parse, "help": text})


@dataclass(frozen=True)
class Settings:
    """The settings of a run; `None` means "not given"."""

    images: Path | None = _setting(
        None, _path, marked("folder of your own pictures, with subfolders, instead of the samples")
    )
    labels: tuple[str, ...] | None = _setting(None, _labels, marked("class names in class-id order, comma-separated"))
    manifest: Path | S3Address | None = _setting(
        None, _path_or_s3, marked("Ground Truth output manifest: labels that exist already; a file, or (cloud) s3://…")
    )
    labeler: str | None = _setting(
        None, _one_of("scripted", "human"), marked("who labels: scripted (samples only) or human")
    )
    runtime: str = _setting(
        AUTO,
        _one_of(AUTO, PROCESS, DOCKER),
        marked("what the local cloud runs on: process, docker, or auto (docker where it can be had)"),
    )
    epochs: int = _setting(30, _whole(1, 1000), marked("passes over the training pictures"))
    learning_rate: float | None = _setting(
        None, _number(1e-7, 1.0), marked("adam-learning-rate; default: the detector's own")
    )
    batch_size: int | None = _setting(
        None, _whole(1, 256), marked("pictures per training step; default: the detector's own")
    )
    image_size: int | None = _setting(None, _whole(96, 1024), marked("side of the detector's input in pixels"))
    seed: int = _setting(0, _whole(0, 2**31 - 1), marked("seed of training and of the held-out choice"))
    held_out: float = _setting(0.2, _number(0.0, 0.9), marked("part of your own labelled pictures kept for the score"))
    threshold: float | None = _setting(
        None, _number(0.0, 1.0), marked("lowest score that is drawn; default: that of the best F1")
    )
    s3_port: int | None = _setting(None, _whole(1, 65535), marked("port for S3; default: a free one"))
    label_studio_port: int | None = _setting(
        None, _whole(1, 65535), marked("port for Label Studio; default: a free one")
    )
    runs: Path = _setting(Path("runs").resolve(), _path, marked("folder of the runs"))


# Who serves the labelling on the cloud track.
GROUND_TRUTH, LABEL_STUDIO = "ground-truth", "label-studio"
# What it fine-tunes.
JUMPSTART, OWN = "jumpstart", "own"
_INSTANCE = _matching(r"ml\.[a-z0-9-]+\.[a-z0-9]+", marked("an instance type, such as ml.g4dn.xlarge"))


@dataclass(frozen=True)
class CloudSettings(Settings):
    """The settings of a run on AWS."""

    labeler: str = _setting(
        GROUND_TRUTH,
        _one_of(GROUND_TRUTH, LABEL_STUDIO),
        marked("who serves the labelling: ground-truth or label-studio"),
    )
    region: str | None = _setting(
        None, _matching(r"[a-z]{2,}(-[a-z]+)+-\d", marked("a region, such as us-east-1")), marked("AWS region")
    )
    role_arn: str | None = _setting(
        None,
        _matching(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", marked("the ARN of an IAM role")),
        marked("execution role that exists"),
    )
    workers: tuple[str, ...] = _setting((), _workers, marked("e-mail addresses of those who label, comma-separated"))
    model_id: str = _setting(
        "mxnet-od-ssd-512-mobilenet1-0-coco",
        _matching(r"[a-z0-9][a-z0-9-]*", marked("a JumpStart model id")),
        marked("JumpStart model"),
    )
    train_instance: str = _setting("ml.g4dn.xlarge", _INSTANCE, marked("instance type of the training job"))
    endpoint_instance: str = _setting("ml.m5.large", _INSTANCE, marked("instance type of the endpoint"))
    trainer: str = _setting(
        JUMPSTART, _one_of(JUMPSTART, OWN), marked("what is fine-tuned: jumpstart's model, or the kit's own detector")
    )
    spot: bool = _setting(False, _yes, marked("1: train on spot instances, cheaper, but they may be taken away"))
    endpoint_hours: float = _setting(
        2.0, _number(0.0, 1000.0), marked("age at which every command warns of an endpoint")
    )
    endpoint_minutes: float = _setting(65.0, _number(0.0, 1000.0), marked("how long the endpoint may take to come up"))
    poll_seconds: float = _setting(10.0, _number(0.0, 600.0), marked("seconds between two looks at a job"))
    plan: bool = _setting(False, _yes, marked("1: show the plan and the price, create nothing"))
    yes: bool = _setting(False, _yes, marked("1: go on without asking, with the plan as well as with the clean-up"))


@dataclass(frozen=True)
class ResolvedSettings:
    """Settings, and for each name the place its value came from ("default", "kit.toml", "KIT_EPOCHS", "--epochs")."""

    settings: Settings
    origins: Mapping[str, str]


def flag_of(name: str) -> str:
    return "--" + name.replace("_", "-")


def resolve(
    flags: Mapping[str, str | None],
    environment: Mapping[str, str],
    file: Path = SETTINGS_FILE,
    kind: type[Settings] = Settings,
) -> ResolvedSettings:
    """Reads all sources.

    Args:
        flags: by setting name; None where a flag was not given.
        environment: such as os.environ; empty values count as not given.
        file: a TOML file with the setting names as top-level keys; it need not exist.
        kind: which settings; names of the file that only the other track has are passed over.

    Raises:
        InputError: an unknown name, or a value that does not fit; says which source.
    """
    values: dict[str, Any] = {}
    origins = {field.name: marked("default") for field in dataclasses.fields(kind)}
    for origin_of, source in (
        (lambda _: file.name, _from_file(file, kind)),
        (lambda name: ENVIRONMENT_PREFIX + name.upper(), _from_environment(environment, kind)),
        (flag_of, {name: text for name, text in flags.items() if text is not None}),
    ):
        for name, text in source.items():
            origins[name] = origin_of(name)
            values[name] = _parse(kind, name, text, origins[name])
    settings = kind(**values)
    _check_together(settings)
    return ResolvedSettings(settings, origins)


def _from_file(file: Path, kind: type[Settings]) -> dict[str, str]:
    if not file.is_file():
        return {}
    try:
        with file.open("rb") as stream:
            table = tomllib.load(stream)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_("{file} is not valid TOML: {error}; correct it.").format(file=file, error=error)) from error
    known = {field.name for field in dataclasses.fields(CloudSettings)}
    if unknown := sorted(set(table) - known):
        raise InputError(
            _("{file} has unknown settings {unknown}; known are {known}.").format(
                file=file, unknown=", ".join(unknown), known=", ".join(sorted(known))
            )
        )
    wanted = {field.name for field in dataclasses.fields(kind)}
    return {
        name: ",".join(map(str, value))
        if isinstance(value, list)
        else str(int(value) if isinstance(value, bool) else value)
        for name, value in table.items()
        if name in wanted
    }


def _from_environment(environment: Mapping[str, str], kind: type[Settings]) -> dict[str, str]:
    names = (field.name for field in dataclasses.fields(kind))
    found = {name: environment.get(ENVIRONMENT_PREFIX + name.upper(), "") for name in names}
    return {name: text for name, text in found.items() if text}


def _parse(kind: type[Settings], name: str, text: str, origin: str) -> Any:
    field = kind.__dataclass_fields__[name]
    try:
        return field.metadata["parse"](text)
    except ValueError as error:
        raise InputError(
            _('{setting} is "{value}", but it has to be {what}.').format(setting=origin, value=text, what=error)
        ) from error


def _check_together(settings: Settings) -> None:
    own = settings.images is not None
    if isinstance(settings.manifest, S3Address) and not isinstance(settings, CloudSettings):
        raise InputError(_("MANIFEST=s3://… goes with `make cloud`; download it and give the file."))
    if settings.manifest is not None and not own:
        raise InputError(_("MANIFEST needs IMAGES: say in which folder the manifest's pictures are."))
    if own and settings.manifest is None and settings.labels is None:
        raise InputError(_("IMAGES needs LABELS (the class names, comma-separated) or MANIFEST (labels that exist)."))
    if own and settings.labeler == "scripted":
        raise InputError(_("LABELER=scripted knows the boxes of the sample pictures only; leave it out with IMAGES."))
    if not own and settings.labels is not None:
        raise InputError(_("LABELS goes with IMAGES: the sample pictures have their own classes."))
