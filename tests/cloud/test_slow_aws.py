"""AWS takes its time to hear of what was made: a run waits, and everything it made comes up in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.aws.session import is_refused_for_being_new
from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings


def test_a_run_waits_for_what_aws_has_not_heard_of_yet(tmp_path: Path, slow_double: Double, pictures: Path) -> None:
    before = len(slow_double.calls())
    ended = run(tmp_path, slow_double.url, "cloud", **settings(pictures, poll_seconds="10"))
    assert ended.status == 0, ended.said
    refused = {call["operation"] for call in slow_double.calls()[before:] if call["status"] == 400}
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
