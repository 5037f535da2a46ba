"""Kind 5: label files without the sizes of their pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import registry as formats
from tests.unit.annotations.kinds.inputs import NAMES, coco, cvat, line, manifest, rectangle, tasks, voc, written, yolo
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike
from tests.unit.annotations.test_cases import edges

BOX = {"bbox": [10, 8, 20, 16]}
SHAPE = '<box label="cat" xtl="10" ytl="8" xbr="30" ybr="24"/>'
UNSIZED = {"original_width": None, "original_height": None}


def jumpstart(folder: Path, **image: Any) -> Path:
    document = json.loads(coco(folder, {**BOX, "bbox": [10, 8, 30, 24], "category_id": 0}, image=image).read_text())
    del document["categories"]
    (folder / "label_categories.json").write_text('{"labels": [{"label": "cat"}]}')
    return written(folder / "annotations.json", document)


def unsized(folder: Path) -> dict[str, Path]:
    """A file of each format."""
    for name in ("jumpstart", "half", "both", "voc"):
        (folder / name).mkdir()
    return {
        # Hand-made files, and those of programs that never opened the pictures.
        "coco": coco(folder, BOX, image={"width": None, "height": None}),
        "one side": coco(folder / "half", BOX, image={"height": None}),
        "jumpstart": jumpstart(folder / "jumpstart", width=0, height=0),
        "ground truth": manifest(folder, line(answer={"image_size": None})),
        "an empty image_size": manifest(folder / "both", line(answer={"image_size": []})),
        # labelImg wrote 0 and 0 for a while (issues 59, 73 and 747).
        "labelImg": voc(folder / "voc" / "labelimg", size="<size><width>0</width><height>0</height></size>"),
        "no size": voc(folder / "voc" / "none", size="<segmented>0</segmented>"),
        "cvat": cvat(folder / "cvat", SHAPE, image=""),
        # Tasks that a program of one's own wrote, to be imported.
        "label studio": tasks(folder, rectangle(**UNSIZED)),
    }


FORMATS = (
    "coco",
    "one side",
    "jumpstart",
    "ground truth",
    "an empty image_size",
    "labelImg",
    "no size",
    "cvat",
    "label studio",
)


@pytest.mark.parametrize("name", FORMATS)
def test_sizes_are_those_of_the_pictures(tmp_path: Path, name: str) -> None:
    path = unsized(tmp_path)[name]
    images = pictures(tmp_path / "p", *NAMES)
    assert read_alike(path, tmp_path / "out", images).boxes == {"cat": 2}
    (picture, _other) = formats.read(tmp_path / "out" / "coco").pictures
    assert (picture.width, picture.height, edges(picture)) == (100, 80, [("cat", 10, 8, 30, 24)])


@pytest.mark.parametrize("name", FORMATS)
def test_without_the_pictures_it_is_an_error_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    errors = refused_alike(unsized(tmp_path)[name], tmp_path / "out")
    assert errors[0].endswith(("(--images), to take it from there", "name the folder of the pictures (--images)"))


def test_yolo_without_its_pictures_says_where_they_are_looked_for(tmp_path: Path) -> None:
    errors = refused_alike(yolo(tmp_path / "set"), tmp_path / "out")
    assert errors[0] == "there is no picture images/a.* for it; name the folder of the pictures (--images)"


def test_a_size_that_is_not_the_pictures_is_an_error_for_every_reading(tmp_path: Path) -> None:
    """Pictures that were made smaller after labelling (labelImg, issue 278, has boxes of the larger ones)."""
    images = pictures(tmp_path / "p", *NAMES, size=(50, 40))
    errors = refused_alike(coco(tmp_path, BOX), tmp_path / "out", images)
    assert errors[:2] == [f"{name}: labelled at 100x80 pixels, but the file has 50x40" for name in NAMES]
