"""How far a training is, for `kit status` in another terminal."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

import pytest

from kit.aws_api import Algorithm
from kit.run import training_state
from kit.run.context import Context
from kit.run.state_file import read_state
from kit.run.training_state import TrainingState
from kit.stages import training
from tests.unit.stages.contexts import context_in

MINUTE = 60.0
METRICS = ({"Name": "Val_CrossEntropy", "Regex": r"Val_CrossEntropy=([0-9.]+)"},)
LINES = ["12 to train on, 0 held out for validation", *(f"Val_CrossEntropy={loss}" for loss in (0.9, 0.5, 0.25))]


class TenMinutesIn:
    """AWS with a job that has had three epochs in ten minutes and is over at the second look."""

    def __init__(self) -> None:
        self.looks = 0

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        self.looks += 1
        began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10)
        status = "InProgress" if self.looks < 4 else "Completed"
        return {
            "TrainingJobStatus": status,
            "StoppingCondition": {"MaxRuntimeInSeconds": 6750},
            "TrainingStartTime": began,
            "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
        }


class ItsLog:
    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": "job/algo-1"}]}

    def get_log_events(self, *, nextToken: str = "", **_: Any) -> dict[str, Any]:
        return {"events": [] if nextToken else [{"message": line} for line in LINES], "nextForwardToken": "f/1"}


def train(folder: Path, epochs: int) -> Context:
    """Follows that job, of so many epochs, to its end."""
    context = context_in(folder, epochs=epochs)
    anything: Any = (TenMinutesIn(), ItsLog())
    algorithm: Algorithm = dataclasses.replace(context.api.algorithm, metric_definitions=METRICS)
    api = dataclasses.replace(context.api, sagemaker=anything[0], logs=anything[1], algorithm=algorithm)
    training.run(dataclasses.replace(context, api=api))
    return context


def test_epoch_loss_and_end_are_left_for_status(tmp_path: Path) -> None:
    began = datetime.datetime.now().timestamp() - 10 * MINUTE
    context = train(tmp_path, 30)
    state = read_state(context.folder.training_state, TrainingState)
    assert state is not None
    assert (state.epoch, state.epochs, state.loss, state.of_trained) == (3, 30, 0.25, True)
    assert state.ends == pytest.approx(began + 100 * MINUTE, abs=MINUTE)


def test_how_long_it_will_still_take_is_said_meanwhile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(tmp_path, 4)
    said = capsys.readouterr().out
    assert "epochs: 3 of 4  Val_CrossEntropy 0.250 (of pictures trained on), about 4 min left" in said


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (1000 + 7.5 * MINUTE, "about 8 min left"),
        (1000 + 30, "a minute left at most"),
        (900, "a minute left at most"),
        (None, ""),
    ],
)
def test_what_is_left_is_said_in_minutes(ends: float | None, told: str) -> None:
    assert training_state.left_told(TrainingState(3, 30, 0.25, False, ends), 1000.0) == told
    assert training_state.left_told(TrainingState(30, 30, 0.25, False, ends), 1000.0) == ""


def test_a_state_that_is_none_is_passed_over(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none", TrainingState) is None
    (tmp_path / "cut").write_text('{"epoch": 3')
    assert read_state(tmp_path / "cut", TrainingState) is None
