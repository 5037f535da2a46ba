"""Clean-up on the days on which it matters: an endpoint in progress, another region, something that will not go."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings
from tests.cloud.test_faults import refused


def test_what_cannot_be_deleted_keeps_only_what_it_stands_on(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    double.fails(operation="InvokeEndpoint", code="ModelError", message="no", times=100)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    double.fails(operation="DeleteEndpoint", code="AccessDeniedException", message="not authorized", times=1)
    refused(run(tmp_path, double.url, "cloud-clean", **chosen), 4, "not authorized")
    left = {what.split(" plugs")[0].split(" jumpstart")[0] for what in double.left()}
    assert left == {"endpoint", "endpoint config", "model", "role", "bucket"}
    again = run(tmp_path, double.url, "cloud-clean", **chosen)
    assert again.status == 0, again.said
    assert double.left() == []


def test_objects_that_s3_keeps_are_named_and_the_bucket_stays(tmp_path: Path, double: Double, pictures: Path) -> None:
    """S3 says so by key in an answer with HTTP 200; DeleteBucket would say no more than BucketNotEmpty."""
    chosen = settings(pictures)
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    double.fails(operation="DeleteObjects", code="AccessDenied", message="Access Denied", times=1)
    before = len(double.calls())
    kept = run(tmp_path, double.url, "cloud-clean", **chosen)
    refused(kept, 4, "cannot be emptied: S3 keeps", ".jpg: Access Denied (AccessDenied); ", "ask the account's owner")
    assert "BucketNotEmpty" not in kept.said
    asked = {call["operation"]: call["status"] for call in double.calls()[before:]}
    assert (asked["DeleteObjects"], "DeleteBucket" in asked) == (200, False)
    assert [what.split()[0] for what in double.left()] == ["bucket"]
    assert run(tmp_path, double.url, "cloud-clean", **chosen).status == 0
    assert double.left() == []


def test_each_run_is_cleaned_in_its_own_region(tmp_path: Path, double: Double, pictures: Path) -> None:
    for region in ("us-east-1", "eu-west-1"):
        double.fails(operation="CreateRole", code="AccessDenied", times=1)
        ended = run(tmp_path, double.url, "cloud", **settings(pictures, region=region))
        assert ended.status == 4, ended.said
    cleaned = run(tmp_path, double.url, "cloud-clean", **settings(pictures))
    assert cleaned.status == 0, cleaned.said
    assert "Nothing is left." in cleaned.said
    journals = list((tmp_path / "runs").glob("*/journal.json"))
    regions = {json.loads(path.read_text())["settings"]["in_region"] for path in journals}
    assert regions == {"us-east-1", "eu-west-1"}
    assert double.left() == []


def test_a_run_of_another_account_is_never_told_to_be_gone(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    journal = (tmp_path / "runs" / "latest").resolve() / "journal.json"
    before = journal.read_text()
    content = json.loads(before)
    content["settings"]["account"] = "of somebody else"
    journal.write_text(json.dumps(content))
    broken = tmp_path / "runs" / "broken" / "journal.json"
    broken.parent.mkdir()
    broken.write_text("{")
    passed_over = run(tmp_path, double.url, "cloud-clean", **chosen)
    refused(passed_over, 4, "another account", "broken")
    assert "Nothing is left." not in passed_over.said
    journal.write_text(before)
    broken.unlink()
    assert run(tmp_path, double.url, "cloud-clean", **chosen).status == 0
    assert double.left() == []


def test_a_pool_made_twice_goes_twice(tmp_path: Path, double: Double, pictures: Path) -> None:
    """An answer was lost, and the call repeated."""
    chosen = settings(pictures)
    lost = {"code": "InternalErrorException", "message": "lost", "status": 500, "after": True}
    double.fails(operation="CreateUserPool", times=1, **lost)
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    assert len([what for what in double.left() if what.startswith("user pool")]) == 2
    assert run(tmp_path, double.url, "cloud-clean", **chosen).status == 0
    assert double.left() == []
