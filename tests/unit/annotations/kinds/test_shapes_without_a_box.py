"""Kind 1: shapes that are no rectangle, or say nothing of one. Each is taken as its bounding box, or counted."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kit.annotations.formats import registry as formats
from tests.unit.annotations.kinds.inputs import NAMES, coco, cvat, rectangle, result, tasks, thing, voc, yolo
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike
from tests.unit.annotations.test_cases import edges

TAKEN = "taken as their bounding boxes: 2"
POLYGON = [10.0, 10.0, 30.0, 12.0, 20.0, 40.0]
BOX = {"bbox": [10, 8, 20, 16]}


def first(path: Path, **options: Any) -> list[tuple[str, float, float, float, float]]:
    """The boxes of the first picture."""
    return edges(next(formats.read(path, **options).pictures))


@pytest.mark.parametrize(
    ("annotation", "box", "remarks"),
    [
        # A box that was never reckoned, beside its outline (EISeg, issue 85).
        ({"bbox": [0, 0, 0, 0], "segmentation": [POLYGON]}, (10, 10, 30, 40), [f"polygons, {TAKEN}"]),
        # An outline without the brackets around all of an object's outlines, as in files made by hand.
        ({"segmentation": POLYGON}, (10, 10, 30, 40), [f"polygons, {TAKEN}"]),
        # A mask beside its box: what CVAT writes, whose `iscrowd` other converters pass over (RectLabel, issue 241).
        (
            {**BOX, "iscrowd": 1, "segmentation": {"size": [80, 100], "counts": [5, 8, 7987]}},
            (10, 8, 30, 24),
            [f"crowd regions (iscrowd), {TAKEN}"],
        ),
        # `iscrowd: false` and `true`, as COCO Annotator writes them (issue 109).
        ({**BOX, "iscrowd": True, "segmentation": []}, (10, 8, 30, 24), [f"crowd regions (iscrowd), {TAKEN}"]),
        ({**BOX, "iscrowd": False, "segmentation": []}, (10, 8, 30, 24), []),
    ],
)
def test_outlines_and_masks_of_coco(
    tmp_path: Path, annotation: dict[str, Any], box: tuple[float, ...], remarks: list[str]
) -> None:
    path = coco(tmp_path, annotation)
    assert first(path) == [("cat", *box)]
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert (told.boxes, told.remarks) == ({"cat": 2}, remarks)


def test_an_object_without_box_and_outline_is_counted(tmp_path: Path) -> None:
    """An empty object of COCO Annotator (issue 109): no place in the picture at all."""
    path = coco(tmp_path, BOX, {"bbox": [0, 0, 0, 0], "segmentation": []})
    assert read_alike(path, tmp_path / "out").boxes == {"cat": 2}


def bitmask() -> str:
    """A picture that is not transparent from 20, 10 to 60, 30."""
    pixels = np.zeros((80, 100, 4), np.uint8)
    pixels[10:30, 20:60] = 255
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()


@pytest.mark.parametrize(
    ("given", "box", "kind"),
    [
        # An ellipse, which Label Studio's own YOLO export leaves out (issue 5901).
        (
            result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "ellipselabels": ["cat"]}),
            (40, 24, 60, 56),
            "ellipses",
        ),
        # Tags of later versions of Label Studio: BitMask and Vector.
        (result("bitmasklabels", {"imageDataURL": bitmask(), "bitmasklabels": ["cat"]}), (20, 10, 60, 30), "masks"),
        (
            result("vectorlabels", {"vertices": [{"x": 10, "y": 10}, {"x": 40, "y": 50}], "vectorlabels": ["cat"]}),
            (10, 8, 40, 40),
            "polylines",
        ),
        # A box turned by nearly a right angle (issue 5223 of Label Studio, there exported wrongly).
        (
            result(
                "rectanglelabels",
                {"x": 50, "y": 50, "width": 20, "height": 10, "rotation": 90.0000001, "rectanglelabels": ["cat"]},
            ),
            (42, 40, 50, 60),
            "rotated boxes",
        ),
    ],
)
def test_shapes_of_label_studio(tmp_path: Path, given: dict[str, Any], box: tuple[float, ...], kind: str) -> None:
    path = tasks(tmp_path, given)
    assert first(path) == [("cat", *box)]
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert (told.boxes, told.remarks) == ({"cat": 2}, [f"{kind}, {TAKEN}"])


def test_a_box_drawn_upwards_is_where_it_was_drawn(tmp_path: Path) -> None:
    """A negative height, as in issue 3140 of Label Studio; and a result without `rotation` (issue 4056)."""
    value = {"x": 10, "y": 90, "width": 50, "height": -60, "rectanglelabels": ["cat"]}
    path = tasks(tmp_path, result("rectanglelabels", value))
    assert first(path) == [("cat", 10, 24, 60, 72)]
    assert read_alike(path, tmp_path / "out").boxes == {"cat": 2}


def test_answers_that_have_no_place_are_counted_by_kind(tmp_path: Path) -> None:
    video = result("videorectangle", {"sequence": [{"frame": 1, "x": 1, "y": 1}], "labels": ["cat"]}, id="v")
    choice = {"type": "choices", "value": {"choices": ["blurred"]}, "from_name": "c", "to_name": "image", "id": "c"}
    told = read_alike(tasks(tmp_path, rectangle(), video, choice), tmp_path / "out")
    assert told.boxes == {"cat": 2}
    assert [text.rpartition(":")[0] for text in told.remarks] == [
        f"answers of the kind {kind}, which have no box, left out" for kind in ("videorectangle", "choices")
    ]


def test_drafts_and_skipped_answers_beside_a_submitted_one_are_counted(tmp_path: Path) -> None:
    """A submitted task with a later draft, of which Label Studio's exports hold both."""
    path = tasks(tmp_path, rectangle(), drafts=[{"id": 5, "result": [rectangle("dog"), rectangle("dog")]}])
    told = read_alike(path, tmp_path / "out")
    assert (told.boxes, told.remarks) == (
        {"cat": 2},
        ["boxes in drafts that nobody submitted, left out: 4; submit them in Label Studio"],
    )


def test_parts_several_boxes_and_deleted_objects_of_pascal_voc(tmp_path: Path) -> None:
    """The person layout of VOC2012 has boxes of heads and hands; LabelMe on the web keeps what was deleted."""
    box = "<bndbox><xmin>40</xmin><ymin>40</ymin><xmax>50</xmax><ymax>50</ymax></bndbox>"
    parts = thing(more=f"<part><name>head</name>{box}</part><part><name>hand</name>{box}</part>")
    deleted = f"<object><name>cat</name><deleted>1</deleted>{box}</object>"
    path = voc(tmp_path / "set", parts + thing(more=box) + deleted)
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert (told.boxes, told.remarks) == (
        {"cat": 6},
        [
            "boxes of parts of objects (part), left out: 4; the objects are taken",
            "objects marked as deleted, left out: 2",
        ],
    )


def test_outlines_of_labelme_on_the_web_with_its_size(tmp_path: Path) -> None:
    points = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in ((10, 10), (30, 12), (20, 40)))
    drawn = f"<object><name>cat</name><deleted>0</deleted><polygon><username>me</username>{points}</polygon></object>"
    size = "<imagesize><nrows>80</nrows><ncols>100</ncols></imagesize>"
    path = voc(tmp_path / "set", drawn, size)
    assert first(path) == [("cat", 10, 10, 30, 40)]
    assert read_alike(path, tmp_path / "out").remarks == [f"polygons, {TAKEN}"]


def test_skeletons_of_cvat_are_counted_and_its_other_shapes_taken(tmp_path: Path) -> None:
    skeleton = '<skeleton label="cat"><points label="1" points="5,5"/></skeleton>'
    cuboid = " ".join(
        f'{axis}{name}="{n + 1}"'
        for n, name in enumerate(("tl1", "bl1", "tr1", "br1", "tl2", "bl2", "tr2", "br2"))
        for axis in "xy"
    )
    path = cvat(tmp_path / "set", f'<cuboid label="cat" {cuboid}/>{skeleton}')
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert (told.boxes, told.remarks) == (
        {"cat": 2},
        [f"cuboids, {TAKEN}", "answers of the kind skeleton, which have no box, left out: 2"],
    )


def test_shapes_without_a_label_alone_are_no_empty_data_set(tmp_path: Path) -> None:
    """All labels were lost (a configuration that was changed after labelling): told, and nothing written."""
    blank = result("rectanglelabels", {"x": 1, "y": 1, "width": 9, "height": 9, "rectanglelabels": []})
    for path in (tasks(tmp_path, blank), cvat(tmp_path, '<box label="" xtl="1" ytl="1" xbr="9" ybr="9"/>')):
        errors = refused_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
        assert errors == ["no picture has a box to learn from"]


def test_turned_boxes_and_outlines_of_yolo_beside_plain_ones(tmp_path: Path) -> None:
    """CVAT's export of a task with both kinds, of which others take the plain ones only (CVAT, issue 8291)."""
    lines = "0 0.2 0.2 0.2 0.2\n0 0.1 0.1 0.3 0.2 0.2 0.5\n0 0.5 0.25 0.75 0.5 0.5 0.75 0.25 0.5\n"
    path = yolo(tmp_path / "set", lines)
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "set" / "images", *NAMES))
    assert (told.boxes, told.remarks) == ({"cat": 6}, [f"polygons, {TAKEN}", f"rotated boxes, {TAKEN}"])
