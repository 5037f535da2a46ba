"""Siblings of the inputs in `data/`, each after what other programs write or people reported."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from kit.annotations.formats import registry as formats
from kit.annotations.formats.outlines import around_mask
from kit.annotations.formats.registry import Format
from kit.errors import InputError
from tests.unit.annotations.formats.test_ground_truth import chained, manifest, record
from tests.unit.annotations.formats.test_label_studio import annotation, export, rectangle, task
from tests.unit.annotations.test_cases import converted, edges, told

CATEGORIES = [{"id": 1, "name": "cat"}]


def coco(folder: Path, *annotations: dict[str, Any], size: tuple[int, int] = (100, 80), **more: Any) -> Path:
    """A COCO file with one picture of that width and height."""
    image = {"id": 1, "file_name": "a.jpg", "width": size[0], "height": size[1]}
    path = folder / "in.json"
    given = [{"image_id": 1, "category_id": 1, **each} for each in annotations]
    path.write_text(json.dumps({"images": [image], "categories": CATEGORIES, "annotations": given, **more}))
    return path


def shape(kind: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A result of Label Studio's on a picture of 640x480."""
    return {"type": kind, "original_width": 640, "original_height": 480, "to_name": "image", "value": value, **more}


def test_a_segmentation_without_a_box_has_one(tmp_path: Path) -> None:
    """As segmentation exports have it, and pycocotools' packed masks."""
    covered = np.zeros((80, 100), np.uint8, order="F")
    covered[10:30, 20:60] = 1
    packed = coco_mask.encode(covered)
    path = coco(
        tmp_path,
        {"segmentation": [[10, 10, 30, 12, 20, 40], [50, 50, 60, 55, 52, 70]]},
        {"segmentation": {"size": [80, 100], "counts": packed["counts"].decode()}, "bbox": [], "iscrowd": 0},
        {"segmentation": {"size": [80, 100], "counts": [80 * 5 + 7, 3, 7990]}, "bbox": None},
    )
    (picture,) = formats.read(path).pictures
    assert [each[1:] for each in edges(picture)] == [(10, 10, 60, 70), (20, 10, 60, 30), (5, 7, 6, 10)]
    _, errors, warnings = told(path)
    assert errors == []
    assert warnings == [
        "polygons, taken as their bounding boxes: 1",
        "masks, taken as their bounding boxes: 2",
    ]


@pytest.mark.parametrize("seed", range(20))
def test_masks_have_the_box_that_their_pixels_have(seed: int) -> None:
    chance = np.random.default_rng(seed)
    height, width = chance.integers(1, 40, 2)
    covered = np.asfortranarray(chance.random((height, width)) > 0.9, np.uint8)
    rows, columns = np.nonzero(covered)
    expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None
    packed = coco_mask.encode(covered)
    found = around_mask({"size": [int(height), int(width)], "counts": packed["counts"].decode()})
    assert found == expected


def test_a_box_that_cvat_turned_has_the_upright_one_around_it(tmp_path: Path) -> None:
    """CVAT's COCO export keeps the box as it was before, and its turn about the centre as an attribute."""
    path = coco(tmp_path, {"bbox": [30, 30, 40, 20], "iscrowd": 0, "attributes": {"occluded": False, "rotation": 90.0}})
    (picture,) = formats.read(path).pictures
    assert edges(picture) == [("cat", pytest.approx(40), pytest.approx(20), pytest.approx(60), pytest.approx(60))]
    assert told(path)[2] == ["rotated boxes, taken as their bounding boxes: 1"]


def test_neither_box_nor_outline_is_an_error_with_its_place(tmp_path: Path) -> None:
    _, errors, _ = told(coco(tmp_path, {"bbox": [1, 2, 3, 4]}, {"segmentation": []}, {"keypoints": [1, 2, 2]}))
    assert errors == [f"annotations[{place}]: bbox is missing, not a list" for place in (1, 2)]


def test_corners_in_cocos_form_are_read_as_corners(tmp_path: Path) -> None:
    """What people write by hand from detectors' own xyxy boxes; some would reach far outside, one is inconspicuous."""
    corners = [[60, 50, 90, 70], [10, 40, 80, 75], [1, 1, 5, 5]]
    path = coco(tmp_path, *[{"bbox": bbox} for bbox in corners])
    (picture,) = formats.read(path).pictures
    assert [list(each[1:]) for each in edges(picture)] == corners
    assert "boxes read as [xmin, ymin, xmax, ymax]" in told(path)[2][0]
    (as_named,) = formats.read(path, known=Format.COCO).pictures
    assert edges(as_named)[0][1:] == (60, 50, 150, 120)


def test_a_box_a_little_outside_changes_nothing(tmp_path: Path) -> None:
    """Half a pixel beyond the edge is rounding, as Roboflow's exports have it."""
    (picture,) = formats.read(coco(tmp_path, {"bbox": [5, 5, 95.5, 75]})).pictures
    assert edges(picture) == [("cat", 5, 5, 100.5, 80)]


def test_boxes_that_fit_neither_way_are_asked_about(tmp_path: Path) -> None:
    many = [[60, 50, 90, 70]] * 6 + [[50, 20, 10, 30]]
    path = coco(tmp_path, *[{"bbox": bbox} for bbox in many])
    _, errors, _ = told(path)
    assert errors[0].startswith(
        "6 of 7 boxes would be inverted or outside their picture as [x, y, width, height], 1 as"
    )
    assert "--from coco" in errors[0]
    assert told(path, known=Format.COCO)[1] == []
    with pytest.raises(InputError, match="--from jumpstart"):
        converted(path, tmp_path / "out.json")


def test_jumpstarts_ids_from_1_are_told(tmp_path: Path) -> None:
    path = tmp_path / "annotations.json"
    boxes = [{"image_id": 1, "bbox": [1, 1, 20, 20], "category_id": each} for each in (1, 2)]
    image = {"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}
    path.write_text(json.dumps({"images": [image], "annotations": boxes}))
    assert told(path)[2] == ["boxes whose category_id counts from 1, where JumpStart's count from 0; is there no 0?: 2"]
    _, errors, _ = told(path, labels=("cat", "dog"))
    assert errors[0].startswith("category_id counts from 1 to 2 here")
    assert told(path, labels=("none", "cat", "dog"))[0] == {"cat": 1, "dog": 1}


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_that_windows_and_downloads_have(tmp_path: Path, coding: str, packed: bool) -> None:
    """PowerShell's `>` writes UTF-16; SageMaker's own outputs come packed by gzip."""
    content = json.dumps(record("日本.jpg"), ensure_ascii=False) + "\n" + json.dumps(record("b.jpg")) + "\n"
    mark = "\ufeff" if coding in ("utf-16-be", "utf-16-le") else ""
    raw = (mark + content).encode(coding)
    path = tmp_path / "x.manifest"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    pictures = list(formats.read(path).pictures)
    assert [picture.file_name for picture in pictures] == ["日本.jpg", "b.jpg"]


def test_a_packed_file_that_was_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.manifest.gz"
    path.write_bytes(gzip.compress(json.dumps(record()).encode())[:-12])
    with pytest.raises(InputError, match=r"x\.manifest\.gz: cannot be unpacked .*cut off"):
        formats.read(path)


@pytest.mark.parametrize("indent", [1, 4, "\t"])
@pytest.mark.parametrize("form", ["objects", "array", "with commas"])
def test_an_indented_manifest_is_one(tmp_path: Path, indent: Any, form: str) -> None:
    """What editors and `jq .` make of it."""
    given = [record("a.jpg"), record("b.jpg")]
    texts = [json.dumps(each, indent=indent) for each in given]
    text = json.dumps(given, indent=indent) if form == "array" else (",\n" if "commas" in form else "\n").join(texts)
    path = tmp_path / "x.manifest"
    path.write_text(text + "\n")
    assert formats.recognise(path) is Format.GROUND_TRUTH
    assert [picture.file_name for picture in formats.read(path).pictures] == ["a.jpg", "b.jpg"]


def test_cocos_list_of_results_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]))
    with pytest.raises(InputError, match="which a detector found"):
        formats.read(path)


def test_a_class_id_with_two_names_says_how_to_rename(tmp_path: Path) -> None:
    """On one line of a manifest in an AWS sample a class is called otherwise than on all the others."""
    path = manifest(tmp_path, record(), record("y.jpg", metadata={"class-map": {"0": "USB A"}}))
    with pytest.raises(InputError, match=r"LABELS=USB A=usb-a.*LABELS=usb-a,USB A"):
        formats.read(path)
    assert told(path, labels=("USB A=usb-a",))[0] == {"usb-a": 2}
    assert told(path, labels=("usb-a", "USB A"))[0] == {"usb-a": 1, "USB A": 1}
    assert converted(path, tmp_path / "out.json", labels=("USB A=plug", "usb-a=plug"))[0] == {"plug": 2}


def test_two_attributes_with_the_same_ids_keep_their_names(tmp_path: Path) -> None:
    line = chained("2020-01-01T00:00:00", "2021-01-01T00:00:00", **{"class-map": {"0": "bus"}})
    boxes, errors, _ = told(manifest(tmp_path, line), attribute="first,second")
    assert (boxes, errors) == ({"usb-a": 1, "bus": 1}, [])


def test_labels_of_several_people_and_drafts_are_counted(tmp_path: Path) -> None:
    box = rectangle(1, 1, 9, 9)
    path = export(
        tmp_path,
        task(annotation(box), annotation(box, box, updated_at="2026-11-23T09:00:00Z")),
        task(drafts=[{"result": [box]}], image="s3://b/y.jpg"),
        task(predictions=[{"result": [box, box, box]}], image="s3://b/z.jpg"),
        task(annotation(box, was_cancelled=True), image="s3://b/w.jpg"),
    )
    boxes, errors, warnings = told(path)
    assert (boxes, errors) == ({"usb-a": 2}, [])
    assert [text.partition(", left out: ")[2].partition(";")[0] for text in warnings if "left out" in text] == [
        "1",
        "1",
        "3",
        "1",
    ]


def test_polygons_and_brushes_of_label_studio_have_boxes(tmp_path: Path) -> None:
    # Here, as all workers collect all tests: it takes two seconds.
    from label_studio_sdk.converter.brush import mask2rle

    covered = np.zeros((480, 640), np.uint8)
    covered[100:200, 50:90] = 255
    path = export(
        tmp_path,
        task(
            annotation(
                shape("polygonlabels", {"points": [[10, 10], [20, 15], [12, 50]], "polygonlabels": ["a"]}, id="1"),
                shape("brushlabels", {"format": "rle", "rle": mask2rle(covered), "brushlabels": ["b"]}, id="2"),
                shape("polygon", {"points": [[50, 50], [60, 50], [60, 60]]}, id="3"),
                shape("labels", {"points": [[50, 50], [60, 50], [60, 60]], "labels": ["c"]}, id="3"),
                rectangle(50, 50, 10, 10, rotation=30, label="d"),
            )
        ),
    )
    (picture,) = formats.read(path).pictures
    assert edges(picture)[:3] == [("a", 64, 48, 128, 240), ("b", 50, 100, 90, 200), ("c", 320, 240, 384, 288)]
    assert told(path)[2] == [
        "polygons, taken as their bounding boxes: 2",
        "masks, taken as their bounding boxes: 1",
        "rotated boxes, taken as their bounding boxes: 1",
    ]


def test_the_pages_of_a_task_are_pictures_of_their_own(tmp_path: Path) -> None:
    """Label Studio's `valueList`: `item_index` says on which page a box is."""
    pages = ["s3://b/1.jpg", "s3://b/2.jpg", "s3://b/3.jpg"]
    results = [rectangle(1, 1, 9, 9, item_index=0), rectangle(1, 1, 9, 9, item_index=2)]
    path = export(tmp_path, {"data": {"pages": pages}, "annotations": [annotation(*results)]})
    assert [(each.file_name, len(each.boxes)) for each in formats.read(path).pictures] == [
        ("1.jpg", 1),
        ("2.jpg", 0),
        ("3.jpg", 1),
    ]


def test_a_box_on_nobody_knows_which_picture_is_an_error(tmp_path: Path) -> None:
    data = {"front": "s3://b/1.jpg", "back": "s3://b/2.jpg"}
    path = export(tmp_path, {"data": data, "annotations": [annotation(rectangle(1, 1, 9, 9, to_name="img"))]})
    assert "several pictures (front, back), and a box is on img" in told(path)[1][0]
