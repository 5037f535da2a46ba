"""A job that AWS never ends does not hold the kit for ever."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ServiceError
from kit.run.context import Context
from kit.run.picture_set import PictureSet
from kit.run.run_picture import RunPicture
from kit.stages import labelling, training
from tests.unit.stages.contexts import context_in


class EndlessSageMaker:
    """AWS with jobs that are in progress for ever."""

    def describe_labeling_job(self, **_: Any) -> dict[str, Any]:
        counters = {"TotalLabeled": 1, "FailedNonRetryableError": 0}
        return {"LabelingJobStatus": "InProgress", "LabelCounters": counters}

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return {"TrainingJobStatus": "InProgress", "StoppingCondition": {"MaxRuntimeInSeconds": 6750}}


class NoLogs:
    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": []}


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock goes an hour further each time that somebody looks at it."""
    seen = [0.0]

    def looked() -> float:
        seen.append(seen[-1] + 3600)
        return seen[-1]

    monkeypatch.setattr(time, "monotonic", looked)
    return seen


@pytest.mark.parametrize(
    ("run", "said", "longest_hours"),
    [
        (training.run, "Training job .* is still InProgress .* goes on waiting for it", 12),
        (labelling.run, "Labelling job .* is still InProgress .* goes on waiting for it", 11 * 24),
    ],
    ids=["training", "labelling"],
)
def test_it_is_given_up_with_its_status_and_what_to_do(
    tmp_path: Path, hours: list[float], run: Callable[[Context], object], said: str, longest_hours: float
) -> None:
    pictures = PictureSet((RunPicture(tmp_path / "a.jpg", "a.jpg", "a.jpg"),), ("a", "b"))
    context = context_in(tmp_path, pictures=pictures)
    sagemaker: Any = EndlessSageMaker()
    logs: Any = NoLogs()
    api = dataclasses.replace(context.api, sagemaker=sagemaker, logs=logs)
    with pytest.raises(ServiceError, match=said):
        run(dataclasses.replace(context, api=api))
    assert hours[-1] / 3600 < longest_hours
