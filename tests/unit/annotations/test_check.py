"""`kit check`: each thing that can be wrong, with file, line and whether training would fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kit.annotations.check import CheckSummary, check
from kit.annotations.problems import Problem, Severity
from kit.commands.check import check as check_command
from kit.errors import InputError
from tests.unit.annotations.formats.test_ground_truth import manifest, record
from tests.unit.annotations.formats.test_label_studio import annotation, export, rectangle, task
from tests.unit.annotations.pictures import picture_file


def checked(path: Path, **options: Any) -> tuple[CheckSummary, list[Problem]]:
    problems: list[Problem] = []
    return check(path, problems.append, **options), problems


def boxes(*edges: tuple[int, int, int, int], name: str = "x.jpg") -> dict[str, Any]:
    """A line with boxes of left, top, width, height in a picture of 500x400."""
    annotations = [
        {"class_id": 0, "left": left, "top": top, "width": width, "height": height}
        for left, top, width, height in edges
    ]
    return record(name, answer={"annotations": annotations})


FIVE = [(1, 1, 9, 9)] * 5


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    summary, problems = checked(manifest(tmp_path, boxes(*FIVE)))
    assert problems == []
    assert not summary.training_would_fail
    assert summary.boxes == {"usb-a": 5}


@pytest.mark.parametrize(
    ("line", "severity", "text"),
    [
        (boxes((490, 10, 20, 20), name="y.jpg"), Severity.WARNING, "box 1 (usb-a) reaches outside"),
        (boxes((500, 10, 20, 20), name="y.jpg"), Severity.WARNING, "box 1 (usb-a) is outside the picture of 500x400"),
        (boxes((5, 5, 9, 9), (5, 10, 20, 0), name="y.jpg"), Severity.WARNING, "box 2 (usb-a) is empty"),
        (boxes((5, 10, -3, 9), name="y.jpg"), Severity.WARNING, "box 1 (usb-a) is inverted"),
        ({"source-ref": "s3://b/y.jpg"}, Severity.WARNING, "y.jpg: not labelled yet"),
        (record("y.jpg", metadata={"failure-reason": "too big"}), Severity.WARNING, "labelling failed: too big"),
        (record("x.jpg"), Severity.WARNING, "on line 1 already, with other boxes; those of both lines count"),
        (boxes(*FIVE), Severity.WARNING, "on line 1 already; this line counts for nothing"),
        (record("other/x.jpg"), Severity.ERROR, "a picture of the same name as s3://b/x.jpg on line 1"),
        ('{"source-ref": "s3', Severity.ERROR, "not valid JSON"),
        (record("y.jpg", metadata={"class-map": {"0": "cat"}}), Severity.ERROR, "of an unknown class; known are usb-a"),
        (record("y.jpg", answer={"annotations": [{"class_id": 8}]}), Severity.ERROR, "is no box"),
    ],
)
def test_one_bad_line_among_good_ones(tmp_path: Path, line: Any, severity: Severity, text: str) -> None:
    path = manifest(tmp_path, boxes(*FIVE), line, boxes(*FIVE, name="z.jpg"))
    summary, (problem,) = checked(path, labels=("usb-a",))
    assert (problem.severity, problem.file, problem.line) == (severity, path, 2)
    assert text in problem.text
    assert summary.training_would_fail is (severity is Severity.ERROR)


def test_every_problem_is_reported_not_only_the_first(tmp_path: Path) -> None:
    path = manifest(tmp_path, "{", boxes(*FIVE), "[]", {"source-ref": "s3://b/y.jpg"}, '{"x"')
    summary, problems = checked(path)
    assert [problem.line for problem in problems] == [1, 3, 4, 5]
    assert (summary.errors, summary.warnings) == (3, 1)


_LISTS = ",".join(["[]"] * 20_000)
_IMAGE = '{"file_name": "a.jpg", "height": 4, "width": 6, "id": 1}'


@pytest.mark.parametrize(
    "content",
    [
        f'[{{"data": {{"image": "a.jpg"}}, "annotations": []}},{_LISTS}]',
        f'[{{"source-ref": "s3://bucket/a.jpg"}},{_LISTS}]',
        f'{{"images": [{_LISTS}], "annotations": []}}',
        f'{{"images": [{_IMAGE}], "annotations": [{_LISTS}]}}',
        f'{{"images": [{_IMAGE}], "annotations": [], "categories": [{_LISTS}]}}',
    ],
    ids=["Label Studio", "Ground Truth", "images", "annotations", "categories"],
)
def test_a_file_of_which_next_to_nothing_can_be_used_is_not_read_to_its_end(tmp_path: Path, content: str) -> None:
    """Six million such entries, 18 MB, took minutes."""
    path = tmp_path / "annotations.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"annotations\.json: 10000 entries in it cannot be used so far, and next to"):
        checked(path)


def test_thousands_that_cannot_be_used_are_each_told_of_where_others_can(tmp_path: Path) -> None:
    good = [json.dumps(boxes(*FIVE, name=f"{number}.jpg")) for number in range(1100)]
    path = tmp_path / "output.manifest"
    path.write_text("\n".join([*good, *["[]"] * 10_500]))
    summary, _problems = checked(path)
    assert (summary.errors, summary.boxes) == (10_500, {"usb-a": 5500})


def test_rare_and_absent_classes(tmp_path: Path) -> None:
    summary, problems = checked(manifest(tmp_path, boxes(*FIVE[:4])), labels=("usb-a", "usb-c"))
    assert [(problem.line, problem.text.partition(",")[0]) for problem in problems] == [
        (0, "boxes of class usb-a: 4"),
        (0, "boxes of class usb-c: 0"),
    ]
    assert not summary.training_would_fail


@pytest.mark.parametrize(
    "line",
    [{"source-ref": "s3://b/y.jpg"}, boxes(name="y.jpg"), boxes((900, 1, 2, 2)), boxes((1, 1, 0, 0))],
)
def test_nothing_to_learn_from_is_an_error(tmp_path: Path, line: dict[str, Any]) -> None:
    summary, problems = checked(manifest(tmp_path, line))
    assert problems[-1].text == "no picture has a box to learn from"
    assert summary.training_would_fail


def test_pictures_are_compared(tmp_path: Path) -> None:
    images = tmp_path / "pictures"
    picture_file(images / "good.jpg", 500, 400)
    picture_file(images / "upright.jpg", 400, 500, orientation=8)  # shown at 500x400
    picture_file(images / "turned.jpg", 500, 400, orientation=6)  # shown at 400x500
    picture_file(images / "small.jpg", 50, 40)
    picture_file(images / "extra.jpg", 50, 40)
    (images / "note.jpg").write_text("no picture")
    names = ["good.jpg", "upright.jpg", "turned.jpg", "small.jpg", "note.jpg", "gone.jpg"]
    path = manifest(tmp_path, *[boxes(*FIVE, name=name) for name in names], {"source-ref": "s3://b/gone2.jpg"})
    _, problems = checked(path, images=images)
    told = {(problem.line, problem.severity.value, problem.text.partition(str(images))[0]) for problem in problems}
    assert told == {
        (
            3,
            "error",
            "turned.jpg: labelled at 500x400 pixels, but the file has 400x500 (was its EXIF orientation ignored?)",
        ),
        (4, "error", "small.jpg: labelled at 500x400 pixels, but the file has 50x40"),
        (5, "error", ""),
        (6, "error", "there is no picture gone.jpg in "),
        (7, "error", "there is no picture gone2.jpg in "),
        (7, "warning", "gone2.jpg: not labelled yet"),
        (0, "warning", "pictures of "),
    }
    (extra,) = [problem for problem in problems if problem.line == 0]
    assert extra.text.endswith("not in the file: 1, such as extra.jpg")


def test_json_documents_too(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        task(annotation(*[rectangle(1, 1, 9, 9)] * 5)),
        task(annotation(was_cancelled=True), image="s3://b/y.jpg"),
        {"id": 3},
    )
    _, problems = checked(path)
    assert [(problem.line, problem.text) for problem in problems] == [
        (2, "y.jpg: skipped by the person who was to label it"),
        (3, "task 3: data is missing, not an object"),
    ]


def test_a_document_that_is_cut_off_is_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    path.write_text(
        '{"categories": [{"id": 0, "name": "a"}],\n"images": [{"id": 1, "file_name": "x.jpg"}],\n"annotations": [{'
    )
    _, problems = checked(path)
    assert [(problem.line, problem.text[:14]) for problem in problems] == [(3, "not valid JSON"), (0, "no picture has")]


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        checked(tmp_path / "gone.manifest")
    with pytest.raises(InputError, match="there is no such folder"):
        checked(manifest(tmp_path, record()), images=tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="a folder without annotations of a known format"):
        checked(tmp_path / "empty")


def test_the_command_exits_with_1_when_training_would_fail(tmp_path: Path) -> None:
    good = manifest(tmp_path, boxes(*FIVE))
    told = CliRunner().invoke(check_command, [str(good)], catch_exceptions=False)
    assert told.exit_code == 0
    assert "fit to train on" in told.output
    bad = manifest(tmp_path, boxes(*FIVE), "{")
    told = CliRunner().invoke(check_command, [str(bad)], catch_exceptions=False)
    assert told.exit_code == 1
    assert f"{bad}:2: error: not valid JSON" in told.output
    assert "errors: 1; warnings: 0; training would fail" in told.output


def test_what_check_calls_fit_converts(tmp_path: Path) -> None:
    """Warnings are what conversion copes with."""
    from kit.annotations.convert import convert

    lines = [
        boxes(*FIVE),
        boxes((490, 10, 20, 20), (600, 1, 2, 2), name="y.jpg"),
        boxes(*FIVE),
        {"source-ref": "s3://b/z.jpg"},
    ]
    path = manifest(tmp_path, *lines)
    summary, problems = checked(path)
    assert problems
    assert not summary.training_would_fail
    written = convert(path, tmp_path / "out").written
    assert written.boxes == sum(summary.boxes.values())  # the same line twice counts once
    assert len(json.loads((tmp_path / "out/training/annotations.json").read_bytes())["images"]) == 2


def test_pictures_are_decoded_so_that_a_damaged_one_is_named(tmp_path: Path) -> None:
    for name in ("x.jpg", "mended.jpg", "cut.jpg"):
        picture_file(tmp_path / "pictures" / "sub" / name, 500, 400)
    for name, rest in (("mended.jpg", -2), ("cut.jpg", 1500)):
        path = tmp_path / "pictures" / "sub" / name
        path.write_bytes(path.read_bytes()[:rest])
    lines = [boxes(*FIVE), boxes(*FIVE, name="mended.jpg"), boxes(*FIVE, name="cut.jpg")]
    _, problems = checked(manifest(tmp_path, *lines), images=tmp_path / "pictures")
    assert [(problem.line, problem.severity) for problem in problems] == [(2, Severity.WARNING), (3, Severity.ERROR)]
    assert "mended.jpg: the end of the file is missing" in problems[0].text
    assert "cut.jpg: the picture is cut off" in problems[1].text
