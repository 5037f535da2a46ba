"""The settings that several kinds of command share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from kit.language import marked
from kit.repository import ROOT
from kit.setting_types import EMAIL_ADDRESSES, PORT, ExpandedPath, Matching, Number, setting

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
        True, click.BOOL, marked("0: do not open labelling, report and page in the browser by itself"), identity=False
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
class EndpointSettings(PageSettings, BrowserSettings, RuntimeSettings):
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
