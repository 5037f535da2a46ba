"""What people export elsewhere and bring here: read where it is certain, named where it is not read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.check import check
from kit.annotations.convert import convert
from kit.annotations.formats.registry import Format
from kit.console import Console
from kit.errors import InputError
from kit.run import picture_set
from kit.settings import Settings
from tests.unit.annotations.kinds.inputs import NAMES, coco, rectangle, voc, written, yolo
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike, told_by_check
from tests.unit.annotations.pictures import picture_file

BOX = {"h": 16, "w": 20, "x": 10, "y": 8}
# As the programs write them, of one picture with one cat.
NOT_READ: dict[str, tuple[str, Any]] = {
    "Datumaro": (
        "default.json",
        {
            "info": {},
            "categories": {"label": {"labels": [{"name": "cat", "parent": "", "attributes": []}], "attributes": []}},
            "items": [{"id": "a", "annotations": [{"id": 0, "type": "bbox", "label_id": 0, "bbox": [10, 8, 20, 16]}]}],
        },
    ),
    "Darwin (V7)": (
        "a.json",
        {
            "version": "2.0",
            "item": {"name": "a.jpg", "path": "/", "slots": [{"width": 100, "height": 80}]},
            "annotations": [{"bounding_box": BOX, "id": "1", "name": "cat", "slot_names": ["0"]}],
        },
    ),
    "Supervisely": (
        "a.jpg.json",
        {
            "size": {"height": 80, "width": 100},
            "objects": [{"classTitle": "cat", "points": {"exterior": [[10, 8], [30, 24]], "interior": []}}],
        },
    ),
    "VGG Image Annotator": (
        "via_export_json.json",
        {"a.jpg9": {"filename": "a.jpg", "size": 9, "regions": [{"shape_attributes": {"name": "rect", "x": 10}}]}},
    ),
    "Vertex AI": ("x.jsonl", {"imageGcsUri": "gs://b/a.jpg", "boundingBoxAnnotations": [{"displayName": "cat"}]}),
    "Azure Machine Learning": (
        "x.jsonl",
        {"image_url": "aml://a.jpg", "label": [{"label": "cat", "topX": 0.1}]},
    ),
}


@pytest.mark.parametrize("title", NOT_READ)
def test_a_format_that_is_not_read_is_named(tmp_path: Path, title: str) -> None:
    name, document = NOT_READ[title]
    path = written(tmp_path / name, document)
    for reading in (path, tmp_path):  # the file, or the folder that it was unpacked into
        with pytest.raises(InputError, match="export them as COCO, YOLO or Pascal VOC") as raised:
            check(reading, print)
        assert f"annotations of {title}, which are not read" in str(raised.value)


def test_lines_of_ultralytics_and_tables_are_named(tmp_path: Path) -> None:
    lines = tmp_path / "set.ndjson"
    dataset = {"type": "dataset", "task": "detect", "class_names": {"0": "cat"}}
    image = {"type": "image", "file": "a.jpg", "annotations": {"boxes": [[0, 0.2, 0.2, 0.2, 0.2]]}}
    lines.write_text(f"{json.dumps(dataset)}\n{json.dumps(image)}\n")
    with pytest.raises(InputError, match="annotations of Ultralytics NDJSON"):
        check(lines, print)
    table = tmp_path / "train.csv"  # Kaggle's wheat competition
    table.write_text('image_id,width,height,bbox,source\na,100,80,"[10,8,20,16]",x\n')
    with pytest.raises(InputError, match="annotations of CSV"):
        convert(table, tmp_path / "out.json")


def test_coco_that_has_keys_of_others_is_coco(tmp_path: Path) -> None:
    path = coco(tmp_path, {"bbox": [10, 8, 20, 16], "bounding_box": BOX, "name": "x", "items": []})
    assert read_alike(path, tmp_path / "out").boxes == {"cat": 2}


@pytest.mark.parametrize("name", ["images", "annotations"])
def test_lists_that_are_objects_by_id_are_told_of(tmp_path: Path, name: str) -> None:
    path = coco(tmp_path, {"bbox": [10, 8, 20, 16]})
    document = json.loads(path.read_text())
    document[name] = {str(each["id"]): each for each in document[name]}
    written(path, document)
    assert f"{name} is no list; make it one" in refused_alike(path, tmp_path / "out")


@pytest.mark.parametrize("lines", [1, 2])
def test_tasks_of_label_studio_without_a_list_are_not_taken_for_jumpstart(tmp_path: Path, lines: int) -> None:
    """One task as its API gives it, or a task a line."""
    task = {"id": 1, "data": {"image": "s3://b/a.jpg"}, "annotations": [{"id": 1, "result": [rectangle()]}]}
    path = tmp_path / "tasks.json"
    path.write_text(f"{json.dumps(task)}\n" * lines)
    with pytest.raises(InputError, match="tasks of Label Studio's, but no list of them; export them as JSON"):
        convert(path, tmp_path / "out.json")


@pytest.mark.parametrize("coding", ["gb2312", "GBK", "Shift_JIS", "euc-jp"])
def test_xml_in_an_encoding_of_east_asia_is_read(tmp_path: Path, coding: str) -> None:
    folder = voc(tmp_path)
    for file in folder.iterdir():
        document = file.read_text(encoding="utf-8").replace("cat", "犬")
        file.write_bytes(f'<?xml version="1.0" encoding="{coding}"?>{document}'.encode(coding))
    assert read_alike(folder, tmp_path / "out").boxes == {"犬": 2}


def test_xml_that_is_in_another_encoding_than_it_says_is_refused(tmp_path: Path) -> None:
    folder = voc(tmp_path)
    (folder / "a.xml").write_bytes(
        '<?xml version="1.0" encoding="euc-jp"?><annotation>猫\xff'.encode("latin-1", "replace")
    )
    (folder / "a.xml").write_bytes(b'<?xml version="1.0" encoding="euc-jp"?><annotation>\xff\xff</annotation>')
    errors = refused_alike(folder, tmp_path / "out")
    assert any("not valid XML" in each for each in errors)


def in_shift_jis(name: str) -> str:
    """As an archive made on Windows in Japan unpacks."""
    return os.fsdecode(name.encode("shift_jis"))


def test_a_picture_whose_name_is_not_utf_8_is_told_of(tmp_path: Path) -> None:
    images = pictures(tmp_path / "p", *NAMES)
    picture_file(images / "x.jpg", 100, 80).rename(images / in_shift_jis("写真.jpg"))
    boxes, errors, warnings = told_by_check(coco(tmp_path, {"bbox": [10, 8, 20, 16]}), images)
    assert (boxes, errors) == ({"cat": 2}, [])
    assert any("that are not in the file: 1" in each for each in warnings)


def test_a_label_file_whose_name_is_not_utf_8_is_told_of_and_the_run_goes_on(tmp_path: Path) -> None:
    images = pictures(tmp_path / "set" / "images", *NAMES)
    path = yolo(tmp_path / "set")
    picture_file(images / "x.jpg", 100, 80).rename(images / in_shift_jis("写真.jpg"))
    (path / "labels" / in_shift_jis("写真.txt")).write_text("0 0.2 0.2 0.2 0.2\n")
    (error,) = refused_alike(path, tmp_path / "out", to=(Format.COCO, Format.GROUND_TRUTH))
    assert error.endswith("its name is not UTF-8; rename it")
    found = picture_set.collect(Settings(images=images, annotations=path), Console())
    assert [picture.shown for picture in found.pictures] == list(NAMES)
    (left_out,) = found.left_out
    assert left_out.boxes == 1
