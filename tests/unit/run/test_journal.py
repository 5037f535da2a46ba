import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import language
from kit.errors import InputError, SetupError
from kit.language import _
from kit.run.journal import Journal
from kit.run.results import CleanUpResult, ConversionResult, DetectionResult, PicturesResult, ScoringResult

PICTURES = PicturesResult("b", 35, ("usb-a", "usb-c"))


def new(path: Path) -> Journal:
    journal = Journal(path, "run-1", "local", {"epochs": 3})
    journal.save()
    return journal


def test_what_was_begun_but_not_finished_is_known_after_a_kill(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    journal.begin("pictures")
    journal.will_create("bucket", "b")
    journal.finish("pictures", 1.5, PICTURES)
    journal.begin("labelling")
    reopened = Journal.open(tmp_path / "journal.json")  # as after kill -9: nothing was closed
    assert reopened.is_finished("pictures")
    assert reopened.result(PicturesResult) == PICTURES
    assert not reopened.is_finished("labelling")
    assert [(r.kind, r.name) for r in reopened.existing()] == [("bucket", "b")]


def test_a_stage_tried_again_counts_its_attempts_and_forgets_its_error(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    journal.begin("training")
    journal.fail("training", 2.0, "loss is not finite")
    journal.begin("training")
    journal.finish("training", 3.0, PICTURES)
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


def test_what_was_made_from_other_pictures_and_is_gone_stays_on_the_bill(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    journal.will_create("endpoint", "x")
    journal.outdate_resources(["endpoint"])
    journal.mark_ended("endpoint", "x")
    journal.will_create("endpoint", "x")
    first, second = Journal.open(tmp_path / "journal.json").resources
    assert (first.outdated, first.deleted, second.outdated, second.deleted) == (True, True, False, False)
    journal.mark_ended("endpoint", "x")
    reopened = Journal.open(tmp_path / "journal.json")
    assert reopened.resources[0] == first
    assert reopened.existing() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_file_that_is_no_journal_is_refused_with_a_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(InputError, match="look on AWS"):
        Journal.open(path)


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (PICTURES, {"bucket": "b", "images": 35, "labels": ["usb-a", "usb-c"]}),
        (ScoringResult(None, None), {"map50": None, "map": None}),
        (
            DetectionResult(0, 0.4, "default", 0, None),
            {
                "pictures": 0,
                "threshold": 0.4,
                "threshold_origin": "default",
                "detections_drawn": 0,
                "endpoint_p50_ms": None,
            },
        ),
    ],
    ids=["every field", "nothing to score", "no true box"],
)
def test_a_result_is_kept_as_runs_have_always_kept_it(tmp_path: Path, result: Any, kept: dict[str, Any]) -> None:
    journal = new(tmp_path / "journal.json")
    journal.begin(result.stage)
    journal.finish(result.stage, 1.0, result)
    stages = json.loads((tmp_path / "journal.json").read_text())["stages"]
    assert stages[result.stage]["result"] == kept
    assert Journal.open(tmp_path / "journal.json").result(type(result)) == result


def changed(path: Path, where: tuple[str, ...], value: Any) -> Path:
    """A journal with a finished stage, after somebody has changed one entry of the file."""
    journal = new(path)
    journal.begin("pictures")
    journal.will_create("bucket", "b")
    journal.finish("pictures", 1.5, PICTURES)
    content = json.loads(path.read_text())
    place = content
    for name in where[:-1]:
        place = place[name]
    place[where[-1]] = value
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("settings",), []),
        (("created",), "yesterday"),
        (("created",), "2026-11-22T09:00:00"),
        (("stages",), []),
        (("stages", "pictures"), "finished"),
        (("stages", "pictures", "state"), "done"),
        (("stages", "pictures", "attempts"), "1"),
        (("resources",), {}),
        (("resources",), [{"kind": "bucket"}]),
        (("resources",), [{"kind": "bucket", "name": "b", "entered": "yesterday"}]),
        (("resources",), [{"kind": "bucket", "name": "b", "entered": "2026-11-22T09:00:00"}]),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else json.dumps(value),
)
def test_an_entry_of_another_type_is_refused_when_the_journal_is_opened(
    tmp_path: Path, where: tuple[str, ...], value: Any
) -> None:
    path = changed(tmp_path / "journal.json", where, value)
    with pytest.raises(InputError, match=rf"journal\.json cannot be read.*{where[0]}.*look on AWS"):
        Journal.open(path)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("stages", "pictures", "result"), {}),
        (("stages", "pictures", "result"), {"bucket": "b", "images": "35", "labels": []}),
        (("stages", "pictures", "result"), {"bucket": "b", "images": 35, "labels": "usb-a"}),
        (("stages", "pictures", "state"), "failed"),
    ],
    ids=["nothing", "a number as text", "one label for a list", "not finished"],
)
def test_a_result_that_is_not_one_of_its_stage_is_refused(tmp_path: Path, where: tuple[str, ...], value: Any) -> None:
    journal = Journal.open(changed(tmp_path / "journal.json", where, value))
    with pytest.raises(InputError, match=r"journal\.json cannot be read.*stages\.pictures"):
        journal.result(PicturesResult)


def test_what_was_never_begun_or_set_is_refused_by_name(tmp_path: Path) -> None:
    journal = new(tmp_path / "journal.json")
    with pytest.raises(InputError, match=r"journal\.json.*stages\.clean-up"):
        journal.result(CleanUpResult)
    with pytest.raises(InputError, match=r"journal\.json.*stages\.conversion"):
        journal.result(ConversionResult)
    with pytest.raises(InputError, match=r"journal\.json.*settings\.images"):
        journal.setting("images")


@pytest.fixture
def in_japanese(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Turns the reader's language to Japanese, until the test's end."""

    def turn() -> None:
        monkeypatch.setenv("LANG_UI", "ja")
        language.translations.cache_clear()

    yield turn
    monkeypatch.undo()
    language.translations.cache_clear()


def test_the_reason_for_the_runtime_is_read_in_the_reader_s_language(
    tmp_path: Path, in_japanese: Callable[[], None]
) -> None:
    path = tmp_path / "journal.json"
    journal = Journal(path, "run-1", "local", {})
    error = SetupError(_("no GPU: {reason}").format(reason="libcuda.so"))
    journal.runs_on("process", _("in place of containers: {error}").format(error=error))
    assert Journal.open(path).runtime_reason == "in place of containers: no GPU: libcuda.so"
    in_japanese()
    again = Journal.open(path)
    assert "コンテナ" in again.runtime_reason
    assert again.runtime_reason.endswith("GPU なし：libcuda.so")
    again.runs_on("process", again.runtime_reason)  # as a run does that goes on
    del os.environ["LANG_UI"]
    language.translations.cache_clear()
    assert Journal.open(path).runtime_reason == "in place of containers: no GPU: libcuda.so"


def test_a_run_that_was_begun_under_the_former_name_of_a_setting_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    Journal(path, "run", "local", {"manifest": "labels", "seed": 0}).save()
    assert Journal.open(path).settings == {"annotations": "labels", "seed": 0}
