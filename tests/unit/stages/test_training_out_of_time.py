"""A training that its limit of time has ended is not paid for again under the same limit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ServiceError
from kit.stages import training
from tests.unit.stages.contexts import context_in


class AfterTheFirst:
    """AWS with a first job that was stopped after ten minutes, and what is asked for after it."""

    def __init__(self) -> None:
        self.created: list[str] = []

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        if not TrainingJobName.endswith("-1"):
            raise NotImplementedError if TrainingJobName in self.created else _missing()
        return {
            "TrainingJobName": TrainingJobName,
            "TrainingJobStatus": "Stopped",
            "SecondaryStatus": "MaxRuntimeExceeded",
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge"},
        }

    def create_training_job(self, **request: Any) -> None:
        self.created.append(request["TrainingJobName"])


def _missing() -> Exception:
    from kit.local_cloud.service_model import client_error

    return client_error("DescribeTrainingJob", "ValidationException", "Requested resource not found.")


def ran(folder: Path, minutes: float) -> tuple[AfterTheFirst, type[BaseException], str]:
    context, aws = context_in(folder, train_minutes=minutes), AfterTheFirst()
    sagemaker: Any = aws
    api = dataclasses.replace(context.api, sagemaker=sagemaker)
    with pytest.raises((ServiceError, NotImplementedError)) as caught:
        training.run(dataclasses.replace(context, api=api))
    return aws, caught.type, str(caught.value)


def test_the_same_limit_is_refused_with_what_to_change(tmp_path: Path) -> None:
    aws, kind, said = ran(tmp_path, 10)
    assert (aws.created, kind) == ([], ServiceError)
    assert "stopped after 10 min, its limit" in said
    assert "TRAIN_MINUTES" in said


def test_with_more_time_it_trains_anew(tmp_path: Path) -> None:
    aws, kind, _said = ran(tmp_path, 20)
    assert (len(aws.created), kind) == (1, NotImplementedError)
