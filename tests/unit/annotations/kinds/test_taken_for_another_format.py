"""Kind 4: files and boxes that look like another format's. What is certain is read, the rest asked about."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.errors import InputError
from tests.unit.annotations.kinds.inputs import (
    NAMES,
    coco,
    cvat,
    line,
    manifest,
    rectangle,
    tasks,
    thing,
    voc,
    written,
    yolo,
)
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike, told_by_check

BOX = {"bbox": [10, 8, 20, 16]}


@pytest.mark.parametrize(
    ("document", "title"),
    [
        # Roboflow's and RectLabel's export for Apple's CreateML (RectLabel, issues 150 and 245), in both its forms.
        ([{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 1, "y": 2}}]}], "CreateML"),
        ([{"imagefilename": "a.jpg", "annotation": [{"label": "cat", "coordinates": {"x": 1, "y": 2}}]}], "CreateML"),
        # A file of labelme's, which keeps one beside each picture.
        ({"version": "5.2.1", "shapes": [{"label": "cat", "points": [[1, 2], [3, 4]]}], "imagePath": "a"}, "labelme"),
        # A project of the VGG Image Annotator.
        ({"_via_settings": {}, "_via_img_metadata": {"a.jpg123": {"regions": []}}}, "VGG Image Annotator"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path: Path, document: Any, title: str) -> None:
    path = written(tmp_path / "x.json", document)
    with pytest.raises(InputError, match=f"annotations of {title}, which are not read; export them as COCO"):
        formats.recognise(path)


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    """What Roboflow, CVAT and Label Studio give for download."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("annotations.xml", "<annotations/>")
    (tmp_path / "export.zip").write_bytes(packed.getvalue())
    with pytest.raises(InputError, match="a ZIP archive; unpack it"):
        formats.recognise(tmp_path / "export.zip")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("packed", [False, True])
def test_xml_and_json_in_other_encodings(tmp_path: Path, coding: str, packed: bool) -> None:
    """UTF-16 is what .NET and PowerShell write, with the encoding in the declaration; some packed by gzip."""
    declared = f'<?xml version="1.0" encoding="{coding.removesuffix("-sig").removesuffix("-be")}"?>\n'
    box = '<box label="cat" xtl="10" ytl="8" xbr="30" ybr="24"/>'
    for text in (
        declared + cvat(tmp_path, box).read_text(),
        tasks(tmp_path, rectangle()).read_text(),
        coco(tmp_path, BOX).read_text(),
    ):
        raw = (
            ("\ufeff" if coding == "utf-16-be" else "") + text.replace('"cat"', '"猫"').replace(">cat<", ">猫<")
        ).encode(coding)
        path = tmp_path / "x"
        path.write_bytes(gzip.compress(raw) if packed else raw)
        (picture, _other) = formats.read(path).pictures
        assert [(box.label, box.left, box.bottom) for box in picture.boxes] == [("猫", 10, 24)]


def test_boxes_as_parts_of_the_picture_are_no_pixels(tmp_path: Path) -> None:
    """Coordinates from 0 to 1, which a pull request of automlForImages (27) met in COCO's form."""
    for path in (
        coco(tmp_path, {"bbox": [0.1, 0.1, 0.2, 0.2]}, {"bbox": [0.0, 0.5, 1.0, 0.25]}),
        manifest(
            tmp_path,
            line(answer={"annotations": [{"class_id": 0, "left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}]}),
        ),
        voc(tmp_path / "voc", thing(0.1, 0.1, 0.3, 0.3)),
        cvat(tmp_path / "cvat", '<box label="cat" xtl="0.1" ytl="0.1" xbr="0.3" ybr="0.3"/>'),
    ):
        errors = refused_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
        assert any("are between 0 and 1: parts of their pictures, and not pixels" in each for each in errors), path


def test_one_small_box_among_others_is_one(tmp_path: Path) -> None:
    assert read_alike(coco(tmp_path, {"bbox": [0, 0, 1, 1]}, BOX), tmp_path / "out").boxes == {"cat": 4}


def test_pixels_in_yolos_form_are_asked_about(tmp_path: Path) -> None:
    root = yolo(tmp_path / "set", "0 20 16 20 16\n")
    errors = refused_alike(root, tmp_path / "out", pictures(tmp_path / "set" / "images", *NAMES))
    assert "are they pixels?" in errors[0]


def test_a_size_in_place_of_pascal_vocs_second_corner_is_told_of(tmp_path: Path) -> None:
    """LabelQuick wrote x, y, width and height (its issue 13): nobody can tell, but no box vanishes unnamed."""
    path = voc(tmp_path / "set", thing() + thing(50, 40, 20, 16))
    boxes, errors, warnings = told_by_check(path)
    assert (boxes, errors) == ({"cat": 2}, [])
    sentence = (
        "box 2 (cat) is inverted: left 50, top 40, right 20, bottom 16; is its right or bottom edge a width or height?"
    )
    assert sentence in warnings[0]
    assert read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES)).boxes == {"cat": 2}


def test_corners_in_cocos_form_and_sizes_in_jumpstarts(tmp_path: Path) -> None:
    """Detectors' own xyxy boxes under the name `bbox`, of which every one fits as corners only."""
    corners = coco(tmp_path, {"bbox": [60, 50, 90, 70]}, {"bbox": [70, 60, 95, 79]})
    told = read_alike(corners, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"cat": 4}
    assert told.remarks[0].startswith("boxes read as [xmin, ymin, xmax, ymax], which all of them fit, for as [x, y, ")
    document = json.loads(coco(tmp_path, {"bbox": [60, 50, 30, 20]}).read_text())
    del document["categories"]
    sizes = written(tmp_path / "annotations.json", document)
    assert formats.recognise(sizes) is Format.JUMPSTART
    told = read_alike(sizes, tmp_path / "sizes", labels=("none", "cat"))
    assert told.boxes == {"cat": 2}
    assert told.remarks[0].startswith("boxes read as [x, y, width, height], which all of them fit")


def test_a_document_that_names_no_classes_has_them_by_number(tmp_path: Path) -> None:
    """`categories` is there and empty: classes of which a file says nothing but the numbers can be renamed."""
    path = coco(tmp_path, BOX, categories=[])
    assert read_alike(path, tmp_path / "out").boxes == {"category 1": 2}
    assert read_alike(path, tmp_path / "named", labels=("category 1=cat",)).boxes == {"cat": 2}


def test_categories_as_an_object_of_objects_and_ids_as_text(tmp_path: Path) -> None:
    path = coco(tmp_path, {**BOX, "category_id": "1"}, categories={"1": {"name": "cat", "supercategory": "pet"}})
    assert read_alike(path, tmp_path / "out").boxes == {"cat": 2}


def test_text_files_that_are_no_labels_are_told_by_what_is_in_them(tmp_path: Path) -> None:
    """Pictures called test.jpg and notes.jpg have label files of those names; lists of pictures are called anything."""
    root = yolo(tmp_path / "set")
    for name in ("test", "notes"):
        (root / "labels" / f"{name}.txt").write_text("0 0.2 0.2 0.2 0.2\n")
    (root / "Train_set.txt").write_text("data/images/a.jpg\ndata/images/b.jpg\n")
    (root / "classes.txt").write_text("cat\n")
    images = pictures(root / "images", *NAMES, "test.jpg", "notes.jpg")
    assert read_alike(root, tmp_path / "out", images).boxes == {"cat": 4}


def test_keypoints_and_panoptic_segments_are_refused_by_name(tmp_path: Path) -> None:
    """COCO's panoptic form keeps its objects in `segments_info`: an error for each, none is left out in silence."""
    segments = {
        "segments_info": [{"id": 5, "category_id": 1, "bbox": [1, 2, 3, 4]}],
        "category_id": None,
        "file_name": "a.png",
    }
    errors = refused_alike(coco(tmp_path, segments), tmp_path / "out")
    assert errors[0] == "annotations[0]: category_id is missing, not a number or text"
