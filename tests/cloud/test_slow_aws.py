"""AWS takes its time to hear of what was made: a run waits, and everything it made comes up in the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.aws.session import is_refused_for_being_new
from kit.tracks.rehearsal import running_double
from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings
from tests.end_to_end import command


@pytest.fixture(scope="module")
def slow_double(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """Roles and workforces are new for seconds, a configuration cannot be found at first, an endpoint is slow."""
    model = command.latest(rehearsal) / "results" / "model.tar.gz"
    train = [sys.executable, str(Path(__file__).with_name("quick_training.py")), str(model)]
    delays = {"workforce": 0, "role": 20, "team": 3, "configuration": 2, "endpoint": 4}
    options = [text for name, value in delays.items() for text in (f"--{name}-seconds", str(value))]
    with running_double(tmp_path_factory.mktemp("slow"), *options, "--train", json.dumps(train)) as url:
        yield Double(url)


def test_a_run_waits_for_what_aws_has_not_heard_of_yet(tmp_path: Path, slow_double: Double, pictures: Path) -> None:
    ended = run(tmp_path, slow_double.url, "cloud", **settings(pictures))
    assert ended.status == 0, ended.said
    refused = {call["operation"] for call in slow_double.calls() if call["status"] == 400}
    assert {"CreateWorkteam", "CreateLabelingJob", "CreateEndpoint"} <= refused, "the double was slow"
    assert slow_double.left() == []


@pytest.mark.parametrize(
    ("operation", "message", "new"),
    [
        ("CreateTrainingJob", "No S3 objects found under S3 URL given in the input data source.", True),
        (
            "CreateTrainingJob",
            "User is not authorized because no identity-based policy allows the s3:ListBucket action",
            True,
        ),
        ("CreateLabelingJob", "The AWS Access Key Id you provided does not exist in our records.", True),
        ("CreateModel", "Something or other about the role's trust.", True),
        ("CreateModel", 'Cannot create already existing model "arn".', False),
        ("CreateModel", "1 validation error detected: Value at 'modelName' failed", False),
        ("CreateWorkteam", "Unable to create.", True),
        ("CreateEndpoint", 'Could not find endpoint configuration "arn".', True),
        ("DeleteEndpoint", 'Could not find endpoint "arn".', False),
        ("CreateTrainingJob", "The instance type is not supported.", False),
    ],
)
def test_only_what_waiting_mends_is_waited_for(operation: str, message: str, new: bool) -> None:
    assert is_refused_for_being_new(operation, "ValidationException", message) == new
    assert not is_refused_for_being_new(operation, "AccessDeniedException", message)
