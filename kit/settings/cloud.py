"""The settings of what signs in on AWS: a run, its rehearsal, the checks before it and the clean-up after it."""

from __future__ import annotations

from dataclasses import dataclass

import click

from kit.language import marked
from kit.setting_types import FAULTS, INSTANCE, Matching, Number, RunOrFile, S3Address, setting
from kit.settings.run import Settings
from kit.settings.shared import (
    GROUND_TRUTH,
    JUMPSTART,
    LABEL_STUDIO,
    OWN,
    EndpointAgeSettings,
    KeepSettings,
    LabelStudioSettings,
    RegionSettings,
    RunSettings,
    WorkersSettings,
)


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
    prelabel: str | S3Address | None = setting(
        None,
        RunOrFile(),
        marked(
            "boxes that Ground Truth's workers begin from: what the model of the run of that name finds, or what is in "
            "a file or folder that `kit convert` reads, or in s3://…"
        ),
    )
    plan: bool = setting(False, click.BOOL, marked("1: show the plan and the price, create nothing"), identity=False)


@dataclass(frozen=True)
class RehearsalSettings(CloudSettings):
    """The settings of the cloud track against the double of AWS."""

    fault: tuple[str, ...] = setting(
        (), FAULTS, marked("let operations fail once, as in CreateTrainingJob=ResourceLimitExceeded"), identity=False
    )
