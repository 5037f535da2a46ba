from pathlib import Path

import pytest

from kit.errors import InputError
from kit.run.journal import Journal


def new(path: Path) -> Journal:
    journal = Journal(path, "run-1", "local", {"epochs": 3})
    journal.save()
    return journal


def test_what_was_begun_but_not_finished_is_known_after_a_kill(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    journal.begin("pictures")
    journal.will_create("bucket", "b")
    journal.finish("pictures", 1.5, {"images": 35})
    journal.begin("labelling")
    reopened = Journal.open(tmp_path / "journal.json")  # as after kill -9: nothing was closed
    assert reopened.is_finished("pictures")
    assert reopened.result("pictures") == {"images": 35}
    assert not reopened.is_finished("labelling")
    assert [(r.kind, r.name) for r in reopened.existing()] == [("bucket", "b")]


def test_a_stage_tried_again_counts_its_attempts_and_forgets_its_error(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    journal.begin("training")
    journal.fail("training", 2.0, "loss is not finite")
    journal.begin("training")
    journal.finish("training", 3.0, {})
    record = Journal.open(tmp_path / "journal.json").stages["training"]
    assert (record.state, record.attempts, record.error) == ("finished", 2, "")


def test_resources_are_deleted_latest_first_and_may_be_created_again(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    for kind in ("bucket", "model", "endpoint"):
        journal.will_create(kind, "x")
    assert [r.kind for r in journal.existing()] == ["endpoint", "model", "bucket"]
    journal.mark_ended("model", "x")
    assert [r.kind for r in journal.existing()] == ["endpoint", "bucket"]
    journal.will_create("model", "x")
    assert [r.kind for r in Journal.open(tmp_path / "journal.json").existing()] == ["model", "endpoint", "bucket"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_file_that_is_no_journal_is_refused_with_a_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(InputError, match="make clean"):
        Journal.open(path)
