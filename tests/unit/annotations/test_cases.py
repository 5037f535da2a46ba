"""Inputs of people's kinds, `data/`: each is read, or refused with what to do; `check` and `convert` count the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.check import check
from kit.annotations.convert import convert
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture
from kit.annotations.problems import Problem, Severity
from kit.errors import InputError

DATA = Path(__file__).with_name("data")


def told(path: Path, **options: Any) -> tuple[dict[str, int], list[str], list[str]]:
    """What check says: boxes by class, errors, and warnings but for those of rare classes and repeated lines."""
    problems: list[Problem] = []
    summary = check(path, problems.append, **options)
    errors = [each.text for each in problems if each.severity is Severity.ERROR]
    warnings = [each.text for each in problems if each.severity is Severity.WARNING and "too few" not in each.text]
    assert summary.errors == len(errors)
    return {label: count for label, count in summary.boxes.items() if count}, errors, warnings


def converted(path: Path, out: Path, **options: Any) -> tuple[dict[str, int], list[str]]:
    """The boxes by class that a conversion wrote, as its file has them, and what it says."""
    done = convert(path, out, **options)
    document = json.loads(done.annotations.read_bytes())
    counted: dict[str, int] = {}
    for annotation in document["annotations"]:
        label = done.labels[annotation["category_id"]]
        counted[label] = counted.get(label, 0) + 1
    assert counted == {label: count for label, count in done.written.by_label.items() if count}
    return counted, [problem.text for problem in done.remarks]


def edges(picture: AnnotatedPicture) -> list[tuple[str, float, float, float, float]]:
    return [(box.label, box.left, box.top, box.right, box.bottom) for box in picture.boxes]


TAKEN = "taken as their bounding boxes"


@pytest.mark.parametrize(
    ("file", "options", "boxes", "sentences"),
    [
        (
            "ground_truth/g2a_two_jobs_both_wanted.manifest",
            {},
            {"car": 1, "bus": 1},
            ["boxes of the label attribute people, left out for those of vehicles: 1; --attribute people,vehicles"],
        ),
        (
            "ground_truth/g2a_two_jobs_both_wanted.manifest",
            {"attribute": "people,vehicles"},
            {"person": 1, "car": 1, "bus": 1},
            [],
        ),
        (
            "ground_truth/g2a_two_jobs_both_wanted.manifest",
            {"attribute": "people"},
            {"person": 1},
            ["boxes of the label attribute vehicles, left out for those of people: 2"],
        ),
        ("ground_truth/g2d_verification_rejected.manifest", {}, {"cat": 1}, ['verification verify called "incorrect"']),
        ("ground_truth/g4_source_inline.manifest", {}, {"cat": 1}, ['"source" in place of "source-ref"']),
        ("ground_truth/g4_json_array.manifest", {}, {"cat": 1, "dog": 1}, []),
        ("ground_truth/g9_same_picture_twice.manifest", {}, {"cat": 1}, []),
        ("label_studio/l1b_image_and_image2.json", {}, {"cat": 1, "dog": 1}, []),
        (
            "label_studio/l2a_rect_and_ellipse.json",
            {},
            {"cat": 1, "dog": 1},
            [f"ellipses, {TAKEN}: 1", "kind points, which have no box, left out: 1", "kind relation"],
        ),
        ("label_studio/l3a_empty_labels.json", {}, {"People": 1}, ["shapes without a label, left out: 1"]),
        ("label_studio/l6_json_min.json", {}, {"cat": 1}, []),
        ("label_studio/l9_labels_and_rectangle_tags.json", {}, {"Text": 1}, []),
        ("coco/c22_cvat_masks_iscrowd.json", {}, {"red": 4, "blue": 2}, [f"crowd regions (iscrowd), {TAKEN}: 4"]),
        ("coco/c23_subfolders.json", {}, {"cat": 2}, []),
        ("coco/c4_float_ids.json", {}, {"cat": 1}, []),
        ("coco/c5_same_file_two_ids.json", {}, {"cat": 1, "dog": 1}, []),
        (
            "jumpstart/boxes_as_xywh/annotations.json",
            {},
            {"0": 1, "1": 2},
            ["boxes read as [x, y, width, height], which all of them fit, for as [xmin, ymin, xmax, ymax] 2 would be"],
        ),
        ("jumpstart/c18_categories_dict.json", {}, {"cat": 1}, []),
    ],
)
def test_what_is_read(
    tmp_path: Path, file: str, options: dict[str, Any], boxes: dict[str, int], sentences: list[str]
) -> None:
    counted, errors, warnings = told(DATA / file, **options)
    assert (counted, errors) == (boxes, [])
    for target in ("out.json", "out"):
        written, remarks = converted(DATA / file, tmp_path / target, **options)
        assert written == boxes
        assert len(remarks) == len(sentences)
        for sentence in sentences:
            assert any(sentence in remark for remark in remarks), sentence
        assert [text for text in warnings if " already" not in text] == remarks


@pytest.mark.parametrize(
    ("file", "sentences", "refusal"),
    [
        (
            "ground_truth/g3_all_segmentation.manifest",
            ["no picture has a box to learn from"],
            "no picture in it has a box.*labels of the type groundtruth/semantic-segmentation",
        ),
        ("ground_truth/g6_no_image_size.manifest", ["a.jpg: the file does not say its size"], "does not say its size"),
        ("coco/c8_no_size.json", [f"{name}.jpg: the file does not say its size" for name in "abc"], "its size"),
        (
            "coco/c4_nan.json",
            ["images[1]: width is 'NaN', not a number", "annotations[1]: no image has the id 2"],
            r"c4_nan\.json:2: images\[1\]: width is 'NaN'",
        ),
        (
            "label_studio/l7_same_upload_twice.json",
            ["5e6f7a8b-a.jpg: a picture of the same name as /data/upload/1/1a2b3c4d-a.jpg"],
            "different pictures of the same name",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, file: str, sentences: list[str], refusal: str) -> None:
    _, errors, _ = told(DATA / file)
    for error, sentence in zip(errors, sentences, strict=True):
        assert sentence in error
    for target in ("out.json", "out", "out.manifest"):
        if "l7" not in file or target != "out.manifest":  # a manifest keeps whole addresses
            with pytest.raises(InputError, match=refusal):
                convert(DATA / file, tmp_path / target)
            assert list(tmp_path.iterdir()) == []


def test_every_case_has_an_outcome_above() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for path in DATA.rglob("*.*"):
        if path.is_file():
            assert str(path.relative_to(DATA)) in source


def test_nan_does_not_make_it_another_format() -> None:
    assert formats.recognise(DATA / "coco/c4_nan.json") is Format.COCO


def test_another_task_type_is_not_called_unlabelled() -> None:
    _, _, warnings = told(DATA / "ground_truth/g3_all_segmentation.manifest")
    assert warnings[0] == "s.jpg: its labels are of another type, groundtruth/semantic-segmentation, which has no boxes"


def test_each_box_is_on_its_own_picture() -> None:
    left, right = formats.read(DATA / "label_studio/l1b_image_and_image2.json").pictures
    assert (left.file_name, edges(left)) == ("left.jpg", [("cat", 80, 40, 160, 80)])
    assert (right.file_name, edges(right)) == ("right.jpg", [("dog", 400, 200, 560, 280)])


def test_the_box_of_an_ellipse() -> None:
    (picture,) = formats.read(DATA / "label_studio/l2a_rect_and_ellipse.json").pictures
    # Its centre is the picture's, of 800x400; its half axes are 80 and 80 pixels.
    assert edges(picture) == [("cat", 80, 40, 160, 80), ("dog", 320, 120, 480, 280)]


def test_boxes_in_the_other_form_are_where_they_fit() -> None:
    one, two = formats.read(DATA / "jumpstart/boxes_as_xywh/annotations.json", labels=("a", "b")).pictures
    assert edges(one) + edges(two) == [("a", 400, 300, 520, 390), ("b", 10, 10, 210, 110), ("b", 300, 20, 350, 320)]
    as_named = formats.read(DATA / "jumpstart/boxes_as_xywh/annotations.json", known=Format.JUMPSTART)
    assert edges(next(as_named.pictures)) == [("0", 400, 300, 120, 90)]
