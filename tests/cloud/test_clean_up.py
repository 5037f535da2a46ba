"""Clean-up on the days on which it matters: an endpoint in progress, another region, something that will not go."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import Stop, run
from tests.cloud.short_run import settings
from tests.cloud.test_faults import refused
from tests.cloud.test_slow_aws import slow_double  # noqa: F401 - a fixture

# A short run has more effects before it comes to its endpoint.
_BEFORE_THE_ENDPOINT = 10


def killed_while_the_endpoint_comes_up(tmp_path: Path, double: Double, pictures: Path) -> Path:
    """The folder of a run that was killed when its endpoint had just been asked for."""
    for effects in range(_BEFORE_THE_ENDPOINT, 30):
        folder = tmp_path / str(effects)
        folder.mkdir()
        ended = run(folder, double.url, "cloud", stop=Stop(effects), **settings(pictures))
        assert ended.status == -signal.SIGKILL, ended.said
        journal = json.loads((folder / "runs" / "latest" / "journal.json").read_text())
        if any(resource["kind"] == "endpoint" for resource in journal["resources"]):
            return folder
        assert run(folder, double.url, "cloud-clean", **settings(pictures)).status == 0
    pytest.fail("no kill came while the endpoint was coming up")


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


def test_killed_while_the_endpoint_comes_up_all_the_same_all_goes(
    tmp_path: Path,
    slow_double: Double,  # noqa: F811
    pictures: Path,
) -> None:
    folder = killed_while_the_endpoint_comes_up(tmp_path, slow_double, pictures)
    cleaned = run(folder, slow_double.url, "cloud-clean", **settings(pictures))
    assert cleaned.status == 0, cleaned.said
    assert slow_double.left() == []
