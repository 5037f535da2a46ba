"""SageMaker Studio: made, opened again, and deleted with all that is in it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run

CHOSEN = {"yes": "1", "poll_seconds": "0.1"}


def test_a_domain_is_made_once_opened_twice_and_deleted_whole(tmp_path: Path, double: Double) -> None:
    first = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert first.status == 0, first.said
    address = re.search(r"https://d-\S+", first.said)
    assert address
    journals = list((tmp_path / "runs").glob("studio-*/journal.json"))
    assert address[0] not in journals[0].read_text(), "whoever has it is signed in"
    there = double.left()
    assert len([what for what in there if what.startswith("studio ")]) == 4
    again = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert again.status == 0, again.said
    assert double.left() == there
    assert len(list((tmp_path / "runs").glob("studio-*"))) == 1
    cleaned = run(tmp_path, double.url, "cloud-clean", **CHOSEN)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []
    deletions = [call["request"] for call in double.calls() if call["operation"] == "DeleteDomain"]
    assert deletions[-1]["RetentionPolicy"] == {"HomeEfsFileSystem": "Delete"}


def test_cut_short_it_is_deleted_as_far_as_it_got(tmp_path: Path, double: Double) -> None:
    double.fails(operation="CreateApp", code="ResourceLimitExceeded", message="The account-level limit is 0.", times=1)
    ended = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert (ended.status, "make cloud-quota" in ended.said) == (4, True), ended.said
    assert double.left() != []
    assert run(tmp_path, double.url, "cloud-clean", **CHOSEN).status == 0
    assert double.left() == []
