"""COCO, with pycocotools as the judge of what is written."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from kit.annotations.formats import coco
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.errors import InputError

# The shape of instances_val2017.json: ids with gaps, segmentation, a crowd, other keys.
INSTANCES = {
    "info": {"description": "COCO 2017 Dataset", "year": 2017},
    "licenses": [{"id": 4, "name": "Attribution License", "url": "http://creativecommons.org/licenses/by/2.0/"}],
    "images": [
        {"license": 4, "file_name": "000000397133.jpg", "height": 427, "width": 640, "id": 397133},
        {"license": 4, "file_name": "000000037777.jpg", "height": 230, "width": 352, "id": 37777},
    ],
    "annotations": [
        {
            "segmentation": [[102.49, 118.47, 74.9, 119.76, 2.42, 160.41]],
            "area": 13244.6,
            "iscrowd": 0,
            "image_id": 37777,
            "bbox": [102.5, 118.25, 7.5, 40],
            "category_id": 67,
            "id": 82445,
        },
        {
            "segmentation": {"counts": [272, 2, 4], "size": [427, 640]},
            "area": 21,
            "iscrowd": 1,
            "image_id": 397133,
            "bbox": [0, 0, 640, 400],
            "category_id": 1,
            "id": 900100397133,
        },
        {"area": 9, "iscrowd": 0, "image_id": 397133, "bbox": [1, 2, 3, 3], "category_id": 1, "id": 1},
    ],
    "categories": [
        {"supercategory": "person", "id": 1, "name": "person"},
        {"supercategory": "furniture", "id": 67, "name": "dining table"},
    ],
}


def test_reading_instances(tmp_path: Path) -> None:
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(INSTANCES))
    stream = coco.read(path)
    assert stream.labels == ("person", "dining table")
    assert list(stream.pictures) == [
        AnnotatedPicture(
            "000000397133.jpg",
            640,
            427,
            (BoundingBox("person", 0, 0, 640, 400), BoundingBox("person", 1, 2, 4, 5)),
            line=1,
        ),
        AnnotatedPicture(
            "000000037777.jpg", 352, 230, (BoundingBox("dining table", 102.5, 118.25, 110, 158.25),), line=2
        ),
    ]


def test_pycocotools_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    pictures = [
        AnnotatedPicture(
            "s3://b/p/x.jpg", 100, 80, (BoundingBox("c", 10, 20, 30, 50), BoundingBox("a", 90, 70, 110, 90))
        ),
        AnnotatedPicture("s3://b/p/nothing.jpg", 64, 48),
        AnnotatedPicture("s3://b/p/later.jpg", 0, 0, state=LabelState.UNLABELLED),
    ]
    written = coco.write(path, AnnotationStream(("a", "b", "c"), iter(pictures)))
    assert (written.pictures, written.boxes, written.left_out) == (2, 2, {"unlabelled": 1})
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCO(str(path))
    names = {category["id"]: category["name"] for category in judge.loadCats(judge.getCatIds())}
    assert names == {0: "a", 1: "b", 2: "c"}
    images = {image["file_name"]: image for image in judge.loadImgs(judge.getImgIds())}
    assert {name: (image["width"], image["height"]) for name, image in images.items()} == {
        "x.jpg": (100, 80),
        "nothing.jpg": (64, 48),
    }
    found = judge.loadAnns(judge.getAnnIds(imgIds=[images["x.jpg"]["id"]]))
    assert [(names[each["category_id"]], each["bbox"], each["area"]) for each in found] == [
        ("c", [10, 20, 20, 30], 600),
        ("a", [90, 70, 10, 10], 100),  # clipped to the picture
    ]
    assert judge.getAnnIds(imgIds=[images["nothing.jpg"]["id"]]) == []
    assert 0 not in judge.getAnnIds()  # pycocotools takes annotation 0 for none


def test_hundreds_of_pictures_are_numbered_throughout(tmp_path: Path) -> None:
    """Each picture and each box has a line; a repeated picture has none."""
    box = BoundingBox("a", 1, 2, 3.5, 4.0)
    pictures = [
        AnnotatedPicture(f"s3://b/{number}\n].jpg", 10, 10, (box,) * (number % 3), line=number) for number in range(700)
    ]
    path = tmp_path / "out.json"
    written = coco.write(path, AnnotationStream(("a",), iter([*pictures, *pictures[:2]])))
    assert (written.pictures, written.boxes, written.left_out) == (700, 699, {"already there": 2})
    document = json.loads(path.read_bytes())
    assert [(image["id"], image["file_name"]) for image in document["images"]] == [
        (number + 1, picture.file_name) for number, picture in enumerate(pictures)
    ]
    assert [(each["id"], each["image_id"], each["bbox"]) for each in document["annotations"]] == [
        (number, picture.line + 1, [1, 2, 2.5, 2])
        for number, picture in enumerate((picture for picture in pictures for _ in picture.boxes), start=1)
    ]
    lines_around = 4  # categories, images, annotations, end
    assert len(path.read_bytes().splitlines()) == lines_around + 700 + 699


def test_a_category_that_is_not_listed_keeps_its_id(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**INSTANCES, "categories": INSTANCES["categories"][:1]}))  # type: ignore[index]
    boxes = [box.label for picture in coco.read(path).pictures for box in picture.boxes]
    assert boxes == ["person", "person", "category 67"]


def test_two_categories_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**INSTANCES, "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}))
    with pytest.raises(InputError, match=r"x\.json:2: categories\[1\]: another category has the id 1"):
        coco.read(path)
