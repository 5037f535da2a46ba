"""Bad days on AWS: each ends in a sentence that says what to do, and cleaning up afterwards leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import Ended, run
from tests.cloud.short_run import settings

# As a clean-up asks for them.
DELETIONS = (
    "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteObjects", "DeleteBucket", "AdminDeleteUser",
    "DeleteWorkteam", "DeleteWorkforce", "DeleteUserPoolDomain", "DeleteUserPool", "DeleteRolePolicy", "DeleteRole",
    "DeleteLogStream",
)  # fmt: skip
READS = ("Get", "List", "Describe", "Head", "Simulate", "AdminGet")


def refused(ended: Ended, status: int, *said: str) -> None:
    assert ended.status == status, ended.said
    assert "Error: " in ended.said
    assert "Traceback" not in ended.said
    for text in said:
        assert text in ended.said


def cleaned(folder: Path, double: Double, chosen: dict[str, str]) -> None:
    ended = run(folder, double.url, "cloud-clean", **chosen)
    assert ended.status == 0, ended.said
    assert double.left() == []


def test_expired_credentials(tmp_path: Path, double: Double, pictures: Path) -> None:
    double.fails(operation="GetCallerIdentity", code="ExpiredToken", times=1)
    refused(run(tmp_path, double.url, "cloud", **settings(pictures)), 3, "not valid any more", "sign in again")
    assert double.left() == []


def test_credentials_that_expire_on_the_way(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    double.fails(operation="CreateTrainingJob", code="ExpiredTokenException", times=1)
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, "ExpiredTokenException", "sign in again")
    assert run(tmp_path, double.url, "cloud", **chosen).status == 0, "the same command goes on"
    assert double.left() == []


def test_a_region_without_ground_truth(tmp_path: Path, double: Double, pictures: Path) -> None:
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, region="eu-north-1"))
    refused(ended, 3, "not in eu-north-1", "ap-northeast-1")
    assert double.left() == []


def test_a_quota_of_zero(tmp_path: Path, double: Double, pictures: Path) -> None:
    name = "ml.g4dn.xlarge for training job usage"
    double.set_quota(name, 0)
    try:
        refused(run(tmp_path, double.url, "cloud", **settings(pictures)), 3, name, "make cloud-quota")
        asked = run(tmp_path, double.url, "cloud-quota")
        assert (asked.status, f"{name}: asked for 1 (status PENDING" in asked.said) == (0, True), asked.said
    finally:
        double.set_quota(name, 1)
    assert double.left() == []


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "CreateEndpoint"])
def test_a_quota_that_is_used_up(tmp_path: Path, double: Double, pictures: Path, operation: str) -> None:
    chosen = settings(pictures)
    double.fails(operation=operation, code="ResourceLimitExceeded", message="The account-level limit is 0.", times=1)
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, "ResourceLimitExceeded", "make cloud-quota")
    cleaned(tmp_path, double, chosen)


def test_no_capacity_for_training_then_another_instance_type(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    reason = "CapacityError: Unable to provision requested ML compute capacity."
    double.fails(
        operation="DescribeTrainingJob",
        when={"TrainingJobStatus": "Completed"},
        answer={"TrainingJobStatus": "Failed", "FailureReason": reason},
        times=1,
    )
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, "CapacityError", "no such instance free")
    again = run(tmp_path, double.url, "cloud", **chosen, train_instance="ml.g4dn.2xlarge")
    assert again.status == 0, again.said
    assert "Labelling: done before" in again.said
    assert double.left() == []


def test_throttling_is_waited_out(tmp_path: Path, double: Double, pictures: Path) -> None:
    for operation in ("ListWorkforces", "CreateRole", "DescribeTrainingJob"):
        double.fails(operation=operation, code="ThrottlingException", message="Rate exceeded", times=2)
    ended = run(tmp_path, double.url, "cloud", **settings(pictures))
    assert ended.status == 0, ended.said
    assert double.left() == []


def test_a_new_role_that_sagemaker_does_not_know_yet(tmp_path: Path, double: Double, pictures: Path) -> None:
    message = "Could not assume role arn:aws:iam::123456789012:role/plugs. Please ensure that the role exists."
    double.fails(operation="CreateLabelingJob", code="ValidationException", message=message, times=1)
    ended = run(tmp_path, double.url, "cloud", **settings(pictures))
    assert ended.status == 0, ended.said
    assert double.left() == []


def test_ground_truth_refuses_the_account(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    message = "Amazon SageMaker Ground Truth is no longer open to new customers."
    double.fails(operation="CreateLabelingJob", code="ValidationException", message=message)
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, "no longer open", "ANNOTATIONS=", "LABELER=label-studio")
    cleaned(tmp_path, double, chosen)


def test_a_labelling_job_that_fails(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    answer = {"LabelingJobStatus": "Failed", "FailureReason": "ClientError: the template cannot be rendered"}
    double.fails(operation="DescribeLabelingJob", when={"LabelingJobStatus": "Completed"}, answer=answer, times=1)
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, "Labelling job", "the template cannot be rendered")
    cleaned(tmp_path, double, chosen)


def test_a_labelling_job_in_which_nobody_labelled(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    double.fails(operation="CreateLabelingJob", then="StopLabelingJob", times=1)
    refused(run(tmp_path, double.url, "cloud", **chosen), 2, "Nobody drew a box", "label some")
    cleaned(tmp_path, double, chosen)


def test_a_training_job_that_fails_shows_why_and_the_end_of_its_log(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    chosen = settings(pictures)
    answer = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: out of memory, exit code: 1"}
    double.fails(operation="DescribeTrainingJob", when={"TrainingJobStatus": "Completed"}, answer=answer, times=1)
    refused(
        run(tmp_path, double.url, "cloud", **chosen), 4, "AlgorithmError: out of memory", "| Val_CrossEntropy=1.234"
    )
    cleaned(tmp_path, double, chosen)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"EndpointStatus": "Creating"}, "is still Creating after"),
        ({"EndpointStatus": "Failed", "FailureReason": "The container did not pass the ping health check."}, "ping"),
    ],
    ids=["never comes up", "fails"],
)
def test_an_endpoint_that_does_not_serve(
    tmp_path: Path, double: Double, pictures: Path, answer: dict[str, Any], said: str
) -> None:
    chosen = settings(pictures, endpoint_minutes="0.02")
    double.fails(operation="DescribeEndpoint", answer=answer, times=30)
    refused(run(tmp_path, double.url, "cloud", **chosen), 4, said)
    cleaned(tmp_path, double, chosen)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"deprecated": True, "deprecated_message": "Gone in June."}, "deprecated: Gone in June."),
        ({"training_vulnerable": True, "training_vulnerabilities": ["CVE-2026-1"]}, "CVE-2026-1"),
    ],
    ids=["deprecated", "vulnerable"],
)
def test_what_jumpstart_says_of_the_model_is_told(
    tmp_path: Path, double: Double, members: dict[str, Any], said: str
) -> None:
    double.change_model(**members)
    ended = run(tmp_path, double.url, "doctor", workers="a@example.org")
    assert ended.status == 0, ended.said
    assert said in ended.said


def test_a_model_that_jumpstart_does_not_have(tmp_path: Path, double: Double, pictures: Path) -> None:
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, model_id="mxnet-od-gone"))
    refused(ended, 3, "mxnet-od-gone")
    assert double.left() == []


def test_nobody_to_label_is_said_before_anything_is_made(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = {name: value for name, value in settings(pictures).items() if name != "workers"}
    refused(run(tmp_path, double.url, "cloud", **chosen), 3, "WORKERS=")
    assert double.left() == []


def test_access_denied_at_each_call_that_changes_something_in_turn(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    """Each time one sentence and a true ledger: once the call is allowed, the same command goes on past it."""
    chosen = settings(pictures)
    whole = tmp_path / "whole"
    whole.mkdir()
    before = len(double.calls())
    assert run(whole, double.url, "cloud", **chosen).status == 0
    sent = [call["operation"] for call in double.calls()[before:]]
    changing = list(dict.fromkeys(operation for operation in sent if not operation.startswith(READS)))
    assert len(changing) > 30
    assert {name for name in changing if "Delete" in name} == set(DELETIONS)
    for operation in changing:
        if operation in DELETIONS:
            continue
        double.fails(operation=operation, code="AccessDeniedException", message="not authorized", times=1)
        ended = run(tmp_path, double.url, "cloud", **chosen)
        assert (ended.status, "Traceback" in ended.said) == (4, False), (operation, ended.said)
        assert "not authorized" in ended.said, (operation, ended.said)
    ended = run(tmp_path, double.url, "cloud", **chosen)
    assert ended.status == 0, ended.said
    assert double.left() == []


def test_access_denied_at_each_deletion_in_turn(tmp_path: Path, double: Double, pictures: Path) -> None:
    """One that is refused is told, and keeps what it stands on; once all before it are allowed, the next is asked."""
    chosen = settings(pictures)
    double.fails(operation="InvokeEndpoint", code="ModelError", message="no", times=100)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    denied = list(DELETIONS)
    while denied:
        double.allows_all()
        for operation in denied:
            double.fails(operation=operation, code="AccessDeniedException", message="not authorized")
        before = len(double.calls())
        ended = run(tmp_path, double.url, "cloud-clean", **chosen)
        assert (ended.status, "Traceback" in ended.said) == (4, False), (denied[0], ended.said)
        assert "not authorized" in ended.said, (denied[0], ended.said)
        assert denied.pop(0) in {call["operation"] for call in double.calls()[before:]}
    double.allows_all()
    cleaned(tmp_path, double, chosen)


def test_somebody_elses_workforce_is_used_and_stays(tmp_path: Path, double: Double, pictures: Path) -> None:
    """Of a region's one workforce only what the kit made is deleted: its team, its group, its worker."""
    chosen = settings(pictures)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    double.fails(operation="CreateBucket", code="AccessDenied", times=1)
    assert run(theirs, double.url, "cloud", **chosen).status == 4
    before = double.left()
    assert len([what for what in before if what.startswith(("workforce", "user pool"))]) == 2
    ours = tmp_path / "ours"
    ours.mkdir()
    ended = run(ours, double.url, "cloud", **settings(pictures, workers="b@example.org"))
    assert ended.status == 0, ended.said
    assert double.left() == before
    kinds = {
        resource["kind"]
        for resource in json.loads((ours / "runs" / "latest" / "journal.json").read_text())["resources"]
    }
    assert "workforce" not in kinds
    assert "user-pool" not in kinds
    cleaned(theirs, double, chosen)
