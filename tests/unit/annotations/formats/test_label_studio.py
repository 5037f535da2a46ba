"""Label Studio's JSON export; rotated boxes are checked against OpenCV's own geometry."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kit.annotations.formats import coco, label_studio
from kit.annotations.formats import registry as formats
from kit.annotations.formats.label_studio_addresses import source_of
from kit.annotations.formats.label_studio_tasks import picture_of_task
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.problems import MalformedError
from kit.errors import InputError


def rectangle(
    x: float, y: float, width: float, height: float, rotation: float = 0, label: str = "usb-a", **more: Any
) -> dict[str, Any]:
    """A result as the editor saves it, of a picture of 640x480."""
    return {
        "original_width": 640,
        "original_height": 480,
        "image_rotation": 0,
        "value": {
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "rotation": rotation,
            "rectanglelabels": [label],
        },
        "id": "aZ3k",
        "from_name": "label",
        "to_name": "image",
        "type": "rectanglelabels",
        "origin": "manual",
        **more,
    }


def annotation(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "completed_by": 1,
        "result": list(results),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-11-22T09:00:00.000000Z",
        "updated_at": "2026-11-22T09:00:00.000000Z",
        "lead_time": 4.2,
        **more,
    }


def task(*annotations: dict[str, Any], image: str = "s3://b/x.jpg", **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [],
        "data": {"image": image},
        **more,
    }


def test_percent_become_pixels() -> None:
    picture = picture_of_task(task(annotation(rectangle(10.9, 65.4, 23.2, 17.3))), 3)
    assert picture == AnnotatedPicture(
        "s3://b/x.jpg", 640, 480, (BoundingBox("usb-a", 70, 314, 218, 397),), LabelState.LABELLED, "", 3
    )


@pytest.mark.parametrize("rotation", [0, 12.5, 45, 90, 135, 180, 200, 270, 359, -30])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (4000, 1000)])
def test_rotation_is_done_in_pixels(rotation: float, width: int, height: int) -> None:
    result = rectangle(45, 40, 15, 10, rotation)
    result.update(original_width=width, original_height=height)
    (box,) = picture_of_task(task(annotation(result))).boxes
    # The same rectangle for OpenCV: by its centre, which lies half the sides from the stored corner, turned along.
    x, y, across, down = 0.45 * width, 0.40 * height, 0.15 * width, 0.10 * height
    angle = math.radians(rotation)
    centre = (
        x + across / 2 * math.cos(angle) - down / 2 * math.sin(angle),
        y + across / 2 * math.sin(angle) + down / 2 * math.cos(angle),
    )
    corners = cv2.boxPoints((centre, (across, down), rotation))
    low = np.clip(corners.min(axis=0), 0, (width, height))
    high = np.clip(corners.max(axis=0), 0, (width, height))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((*low, *high), abs=0.501)


def test_boxes_are_clipped_before_they_are_rounded() -> None:
    (box,) = picture_of_task(task(annotation(rectangle(-5, 95, 20.06, 20)))).boxes
    assert (box.left, box.top, box.right, box.bottom) == (0, 456, 96, 480)


def test_a_box_outside_stays_to_be_reported() -> None:
    (box,) = picture_of_task(task(annotation(rectangle(110, 10, 10, 10)))).boxes
    assert box.left == 704


def submitted(left: float, **more: Any) -> dict[str, Any]:
    return annotation(rectangle(left, 0, 50, 50), **more)


@pytest.mark.parametrize(
    ("annotations", "left"),
    [
        (
            [submitted(10, updated_at="2026-11-22T10:00:00Z"), submitted(20, updated_at="2026-11-22T09:00:00Z")],
            64,
        ),  # the latest, not the last in the list
        (
            [submitted(10, updated_at="2026-11-22T10:00:00Z", was_cancelled=True), submitted(20)],
            128,
        ),  # a skipped one does not count
        (
            [submitted(10, ground_truth=True), submitted(20, updated_at="2026-11-23T09:00:00Z")],
            64,
        ),  # ground truth wins over later ones
        ([submitted(10, id=2), submitted(20, id=1)], 64),  # same time: the greater id
    ],
)
def test_which_of_several_annotations_counts(annotations: list[dict[str, Any]], left: int) -> None:
    assert picture_of_task(task(*annotations)).boxes[0].left == left


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (task(annotation()), LabelState.LABELLED),  # submitted empty: nothing here
        (task(annotation(was_cancelled=True)), LabelState.SKIPPED),
        (task(), LabelState.UNLABELLED),
        (task(drafts=[{"result": [rectangle(1, 1, 5, 5)]}]), LabelState.UNLABELLED),  # a draft is no answer
    ],
)
def test_states(given: dict[str, Any], state: LabelState) -> None:
    picture = picture_of_task(given)
    assert (picture.state, picture.boxes) == (state, ())


def test_a_picture_turned_in_the_editor_is_not_believed() -> None:
    picture = picture_of_task(task(annotation(rectangle(1, 1, 5, 5, image_rotation=90))))
    assert picture.state is LabelState.FAILED
    assert "turned" in picture.reason


@pytest.mark.parametrize(
    ("address", "source", "name"),
    [
        ("s3://bucket/bounding_box/images/a b%20.jpg", "s3://bucket/bounding_box/images/a b%20.jpg", "a b%20.jpg"),
        ("/data/upload/3/0a1b2c3d-usb%20plug.jpg", "/data/upload/3/0a1b2c3d-usb plug.jpg", "usb plug.jpg"),
        ("/data/local-files/?d=set/pictures/a%20b.jpg", "set/pictures/a b.jpg", "a b.jpg"),
        ("/data/local-files/?d=a.jpg", "a.jpg", "a.jpg"),
        ("https://host/pictures/%E6%97%A5.jpg?X-Amz-Signature=1", "https://host/pictures/日.jpg", "日.jpg"),
        ("plain name %41.jpg", "plain name %41.jpg", "plain name %41.jpg"),
    ],
)
def test_picture_addresses(address: str, source: str, name: str) -> None:
    assert source_of({"image": address}) == source
    assert picture_of_task(task(image=address)).file_name == name


def test_addresses_that_label_studio_serves_for_s3() -> None:
    hidden = base64.b64encode(b"s3://bucket/images/x.jpg").decode()
    assert source_of({"image": f"/tasks/12/resolve/?fileuri={hidden}"}) == "s3://bucket/images/x.jpg"


def test_the_field_with_the_picture() -> None:
    assert source_of({"text": "hello", "photo": "s3://b/x.PNG"}) == "s3://b/x.PNG"
    assert source_of({"a": "s3://b/a.jpg", "b": "s3://b/b.jpg"}, "b") == "s3://b/b.jpg"
    with pytest.raises(MalformedError, match="2 others name a picture"):
        source_of({"a": "s3://b/a.jpg", "b": "s3://b/b.jpg"})


def export(folder: Path, *tasks: Any) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(list(tasks), indent=1))
    return path


def test_labels_are_those_in_use_unless_given(tmp_path: Path) -> None:
    path = export(
        tmp_path, task(annotation(rectangle(1, 1, 5, 5, label="usb-c"))), task(annotation(rectangle(1, 1, 5, 5)))
    )
    assert label_studio.read(path).labels == ("usb-a", "usb-c")
    stream = label_studio.read(path, labels=("usb-c", "usb-a"))
    assert stream.labels == ("usb-c", "usb-a")
    assert [(p.line, p.boxes[0].label) for p in stream.pictures] == [(1, "usb-c"), (2, "usb-a")]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"id": 1}, "task 2: data is missing"),
        (task(annotation({**rectangle(1, 1, 5, 5), "original_width": None})), "no original_width"),
        (task(annotation(rectangle(1, 1, 5, 5), rectangle(1, 1, 5, 5, original_width=1))), "disagree on the size"),
        (task(annotation({**rectangle(1, 1, 5, 5), "value": {"x": 1, "rectanglelabels": ["usb-a"]}})), "has no 'y'"),
        (task(annotation(rectangle(1, 1, 5, 5, rotation="a"))), "rotation is 'a', not a number"),  # type: ignore[arg-type]
        (task(annotation(rectangle(1, 1, 1e308, 5))), r"width is 1e\+308, not a number"),
    ],
)
def test_a_broken_task_is_named(tmp_path: Path, broken: dict[str, Any], message: str) -> None:
    path = export(tmp_path, task(annotation(rectangle(1, 1, 5, 5))), broken)
    with pytest.raises(InputError, match=message) as caught:
        list(label_studio.read(path).pictures)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_an_export_that_is_cut_off_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text('[\n{"data": {"image": "s3://b/x.jpg"}, "annotations": []},\n{"data": {"im')
    with pytest.raises(InputError, match=r"export\.json:3: not valid JSON"):
        list(label_studio.read(path).pictures)


@pytest.mark.filterwarnings("ignore")  # of the SDK's own making
def test_label_studios_own_converter_agrees_where_it_can(tmp_path: Path) -> None:
    """Boxes that are not turned: the converter's COCO file has the same boxes, not yet rounded."""
    from label_studio_sdk.converter import Converter

    first = annotation(rectangle(10.9, 65.4, 23.2, 17.3), rectangle(50, 10, 12.5, 30, label="usb-c"))
    second = annotation(rectangle(0, 0, 100, 100, label="usb-c"))
    path = export(tmp_path, {**task(first), "id": 1}, {**task(second, image="s3://b/y.jpg"), "id": 2})
    config = (
        '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
        '<Label value="usb-c"/><Label value="usb-a"/></RectangleLabels></View>'
    )
    converter = Converter(config, str(tmp_path), download_resources=False)
    converter.convert_to_coco(str(path), str(tmp_path / "coco"), is_dir=False)
    theirs = coco.read(tmp_path / "coco" / "result.json").pictures
    for mine, their in zip(label_studio.read(path).pictures, theirs, strict=True):
        assert (mine.file_name, mine.width, mine.height) == (their.file_name, their.width, their.height)
        for one, other in zip(mine.boxes, their.boxes, strict=True):
            assert one.label == other.label
            assert (one.left, one.top, one.right, one.bottom) == pytest.approx(
                (other.left, other.top, other.right, other.bottom), abs=0.5
            )


@pytest.mark.parametrize("to", [Format.LABEL_STUDIO, Format.LABEL_STUDIO_PREDICTIONS])
def test_tasks_are_written_for_people_to_go_on_with(tmp_path: Path, to: Format) -> None:
    pictures = [
        AnnotatedPicture("s3://b/x.jpg", 640, 480, (BoundingBox("usb-a", 64, 48, 128, 96),)),
        AnnotatedPicture("s3://b/nothing.jpg", 640, 480),
        AnnotatedPicture("s3://b/later.jpg", 0, 0, state=LabelState.UNLABELLED),
        AnnotatedPicture("s3://b/skipped.jpg", 0, 0, state=LabelState.SKIPPED),
    ]
    path = tmp_path / "tasks.json"
    written = formats.write(path, AnnotationStream(("usb-a",), iter(pictures)), to)
    assert (written.pictures, written.boxes) == (4, 1)
    first = json.loads(path.read_bytes())[0]
    result = (first["annotations"] or first["predictions"])[0]["result"][0]
    assert result["value"] == {"x": 10, "y": 10, "width": 10, "height": 10, "rotation": 0, "rectanglelabels": ["usb-a"]}
    found = list(formats.read(path).pictures)
    if to is Format.LABEL_STUDIO:
        assert found[0].boxes == pictures[0].boxes
        assert [each.state for each in found] == [each.state for each in pictures]
    else:  # nobody's answer yet
        assert [each.state for each in found] == [LabelState.UNLABELLED] * 3 + [LabelState.SKIPPED]
