"""JumpStart's annotations.json, from the example of its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import jumpstart
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.selection import NO_BOX
from kit.errors import InputError

EXAMPLE = {
    "images": [{"file_name": "001.jpg", "height": 480, "width": 640, "id": 1}],
    "annotations": [{"image_id": 1, "bbox": [399, 316, 800, 772], "category_id": 0}],
}


def document(folder: Path, content: Any) -> Path:
    path = folder / "annotations.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_boxes_are_two_corners(tmp_path: Path) -> None:
    stream = jumpstart.read(document(tmp_path, EXAMPLE), labels=("usb-a",))
    assert list(stream.pictures) == [
        AnnotatedPicture("001.jpg", 640, 480, (BoundingBox("usb-a", 399, 316, 800, 772),), line=1)
    ]


def test_annotations_in_any_order_and_ids_of_any_kind(tmp_path: Path) -> None:
    images = [{"file_name": f"{key}.jpg", "height": 9, "width": 9, "id": key} for key in (30, "x", -4)]
    annotations = [
        {"image_id": key, "bbox": [left, 0, 9, 9], "category_id": category}
        for key, left, category in [("x", 1, 0), (-4, 2, 1.0), (30, 3, "2"), ("x", 4, "plug")]
    ]
    path = document(tmp_path, {"annotations": annotations, "images": images})
    stream = jumpstart.read(path, labels=("a", "b", "c"))
    assert [(p.source, [(box.label, box.left) for box in p.boxes]) for p in stream.pictures] == [
        ("30.jpg", [("c", 3)]),
        ("x.jpg", [("a", 1), ("plug", 4)]),
        ("-4.jpg", [("b", 2)]),
    ]


def test_class_names_come_from_the_list_or_the_file_above_or_are_numbers(tmp_path: Path) -> None:
    channel = tmp_path / "training"
    channel.mkdir()
    example = {**EXAMPLE, "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4], "category_id": 2}]}
    path = document(channel, example)
    assert jumpstart.read(path).labels == ("0", "1", "2")
    assert next(jumpstart.read(path).pictures).boxes[0].label == "2"
    (tmp_path / "label_categories.json").write_text('{"labels": [{"label": "a"}, {"label": "b"}, {"label": "c"}]}')
    assert jumpstart.read(path).labels == ("a", "b", "c")
    assert next(jumpstart.read(path, labels=("x", "y", "z")).pictures).boxes[0].label == "z"


@pytest.mark.parametrize(
    ("images", "annotations", "message"),
    [
        ([{"id": 1}], [], "images[0]: file_name is missing"),
        ([{"id": None, "file_name": "x"}], [], "images[0]: id is missing"),
        ([{"id": 1, "file_name": "x", "width": 1.5}], [], "not a number of pixels"),
        ([{"id": 1, "file_name": "x"}, {"id": 1, "file_name": "y"}], [], "images[1]: another image has the id 1 too"),
        ([], [{"image_id": 9, "bbox": [1, 2, 3, 4], "category_id": 0}], "annotations[0]: no image has the id 9"),
        ([], [{"image_id": 9, "bbox": [1, 2, 3], "category_id": 0}], "bbox is [1, 2, 3], not [xmin"),
        ([], [{"image_id": 9, "bbox": [1, 2, 3, None], "category_id": 0}], "ymax is missing"),
        ([], [{"image_id": 9, "bbox": [1, 2, 3, 4]}], "category_id is missing"),
        ([], [3], "annotations[0]: the annotation is 3, not an object"),
    ],
)
def test_a_broken_element_is_named(tmp_path: Path, images: Any, annotations: Any, message: str) -> None:
    path = document(tmp_path, {"images": images, "annotations": annotations})
    with pytest.raises(InputError) as caught:
        list(jumpstart.read(path, labels=("a",)).pictures)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"images": [],\n"annotations": [', 2),  # cut off
        ('{"images": [],\n\n"annotations": [}', 3),
    ],
)
def test_a_document_that_is_not_json_names_the_line(tmp_path: Path, text: str, line: int) -> None:
    path = document(tmp_path, text)
    with pytest.raises(InputError) as caught:
        list(jumpstart.read(path, labels=("a",)).pictures)
    assert str(caught.value).startswith(f"{path}:{line}: not valid JSON")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ('{"id": 1e999}', "not valid JSON"),  # infinity
        ('"\udcff"', "not valid JSON"),  # not UTF-8
        ("9" * 40, "not an object"),
    ],
)
def test_an_image_that_is_not_json_is_named(tmp_path: Path, image: str, message: str) -> None:
    path = tmp_path / "annotations.json"
    path.write_bytes(f'{{"images": [{image}]}}'.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=rf"annotations\.json:1: images\[0\]: .*{message}"):
        list(jumpstart.read(path, labels=("a",)).pictures)


def test_nesting_does_not_eat_the_memory(tmp_path: Path) -> None:
    path = document(tmp_path, '{"images": ' + "[" * 200_000)
    with pytest.raises(InputError, match="nested too deep"):
        list(jumpstart.read(path, labels=("a",)).pictures)


def pictures() -> list[AnnotatedPicture]:
    box = BoundingBox("b", 1, 2, 30, 40.5)
    return [
        AnnotatedPicture("s3://bucket/p/one.jpg", 100, 80, (box, BoundingBox("a", -5, 70, 105, 90)), line=1),
        AnnotatedPicture("s3://bucket/p/empty.jpg", 100, 80, line=2),
        AnnotatedPicture("s3://bucket/p/outside.jpg", 100, 80, (BoundingBox("a", 100, 0, 120, 9),), line=3),
        AnnotatedPicture("s3://bucket/p/later.jpg", 0, 0, state=LabelState.UNLABELLED, line=4),
        AnnotatedPicture("s3://bucket/p/failed.jpg", 0, 0, state=LabelState.FAILED, reason="x", line=5),
        AnnotatedPicture("s3://bucket/p/sizeless.jpg", 0, 0, line=6),
        AnnotatedPicture("s3://bucket/p/one.jpg", 100, 80, (box,), line=7),
        AnnotatedPicture('s3://bucket/p/日本 "x".jpg', 100, 80, (box,), line=8),
    ]


def test_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    written = jumpstart.write(path, AnnotationStream(("a", "b"), iter(pictures())))
    assert json.loads(path.read_bytes()) == {
        "images": [
            {"file_name": "one.jpg", "height": 80, "width": 100, "id": 1},
            {"file_name": '日本 "x".jpg', "height": 80, "width": 100, "id": 2},
        ],
        "annotations": [
            {"image_id": 1, "bbox": [1, 2, 30, 40.5], "category_id": 1},
            {"image_id": 1, "bbox": [0, 70, 100, 80], "category_id": 0},
            {"image_id": 2, "bbox": [1, 2, 30, 40.5], "category_id": 1},
            {"image_id": 1, "bbox": [1, 2, 30, 40.5], "category_id": 1},
        ],
    }
    assert b'"bbox":[0,70,100,80]' in path.read_bytes()  # whole numbers, as in AWS's own files
    assert (written.pictures, written.boxes, written.boxes_clipped, written.boxes_dropped) == (2, 4, 1, 1)
    assert written.merged == 1  # the picture that is there twice has the boxes of both lines
    assert written.left_out == {NO_BOX: 3, "unlabelled": 1, "failed": 1}


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    box = BoundingBox("a", 1, 2, 3, 4)
    clash = [
        AnnotatedPicture("s3://b/one/x.jpg", 9, 9, (box,), line=3),
        AnnotatedPicture("s3://b/two\\x.jpg", 9, 9, (box,), line=8),
    ]
    with pytest.raises(InputError, match=r"lines 3 and 8: .*one/x\.jpg and .*two.x\.jpg are different"):
        jumpstart.write(tmp_path / "annotations.json", AnnotationStream(("a",), iter(clash)))
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_write_is_still_a_document(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    jumpstart.write(path, AnnotationStream(("a",), iter([])))
    assert json.loads(path.read_bytes()) == {"images": [], "annotations": []}
