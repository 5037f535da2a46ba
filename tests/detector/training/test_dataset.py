"""The training channel: JumpStart's layout, and what is said when it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from detector.errors import InputError
from detector.training.dataset import PictureCache, picture_scale, read_channel, train_validation_split

from tests.detector.pictures import corner_picture, jpeg


def write(folder: Path, document: object, pictures: dict[str, bytes] | None = None) -> Path:
    (folder / "images").mkdir()
    for name, data in (pictures or {"a.jpg": jpeg(corner_picture()), "b.jpg": jpeg(corner_picture())}).items():
        (folder / "images" / name).write_bytes(data)
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


def document(**changed: object) -> dict[str, list[dict[str, object]]]:
    """Two pictures with a box each; `changed` is put into the first annotation."""
    return {
        "images": [{"file_name": f"{name}.jpg", "height": 480, "width": 640, "id": name} for name in "ab"],
        "annotations": [
            {"image_id": "a", "bbox": [0, 0, 160, 120], "category_id": 2} | changed,
            {"image_id": "b", "bbox": [10.5, 20, 30, 40.25], "category_id": 0},
        ],
    }


def test_boxes_are_corners_in_pixels(tmp_path: Path) -> None:
    first, second = read_channel(write(tmp_path, document()))
    assert first.boxes.tolist() == [[0, 0, 160, 120]]
    assert first.classes.tolist() == [2]
    assert second.boxes.tolist() == [[10.5, 20, 30, 40.25]]


def test_pictures_without_boxes_show_what_is_not_meant(tmp_path: Path) -> None:
    both = document()
    both["images"].append({"file_name": "nothing.jpg", "height": 480, "width": 640, "id": 3})
    pictures = {f"{name}.jpg": jpeg(corner_picture()) for name in ("a", "b", "nothing")}
    read = read_channel(write(tmp_path, both, pictures))
    assert [item.path.name for item in read] == ["a.jpg", "b.jpg", "nothing.jpg"]
    assert read[2].boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"bbox": [0, 0, 641, 100]}, r"annotations\[0\]: bbox .* not inside its picture of 640 x 480"),
        ({"bbox": [-1, 0, 5, 5]}, "not inside"),
        ({"bbox": [50, 50, 20, 20]}, "is empty or not inside"),  # COCO's x, y, width, height
        ({"bbox": [1, 2, 3]}, "four numbers"),
        ({"bbox": "1,2,3,4"}, "four numbers"),
        ({"category_id": "usb-a"}, "category_id is 'usb-a'"),
        ({"category_id": -1}, "category_id is -1"),
        ({"category_id": 2_000_000_000}, "below 10,000"),
        ({"image_id": "z"}, "image 'z', which is not listed"),
    ],
)
def test_a_wrong_annotation_is_named(tmp_path: Path, changed: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_channel(write(tmp_path, document(**changed)))


@pytest.mark.parametrize("content", [[], {}, {"images": [], "annotations": [{}]}, {"images": [{}], "annotations": []}])
def test_another_layout_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="is not in JumpStart's format"):
        read_channel(write(tmp_path, content))


def test_no_annotations(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"annotations.json is missing: the training channel must hold"):
        read_channel(tmp_path)


def test_broken_json(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text('{"images": [')
    with pytest.raises(InputError, match="is not valid JSON"):
        read_channel(tmp_path)


def test_a_missing_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"b.jpg is missing: annotations.json lists it"):
        read_channel(write(tmp_path, document(), {"a.jpg": jpeg(corner_picture())}))


@pytest.mark.parametrize("name", ["../../secret.jpg", "/etc/passwd"])
def test_a_file_name_cannot_leave_the_channel(tmp_path: Path, name: str) -> None:
    content = document()
    content["images"][0]["file_name"] = name
    with pytest.raises(InputError, match="outside of images/"):
        read_channel(write(tmp_path, content))


def test_too_few_pictures_with_boxes(tmp_path: Path) -> None:
    content = document()
    del content["annotations"][0]
    with pytest.raises(InputError, match="has 1 pictures with boxes: training needs at least 2"):
        read_channel(write(tmp_path, content))


def test_a_large_turned_photograph_keeps_its_boxes_on_the_object(tmp_path: Path) -> None:
    """Stored lying, shown standing: annotations are of the shown picture, pixels are kept at a fraction."""
    big = cv2.resize(corner_picture(), (4000, 3000), interpolation=cv2.INTER_NEAREST)
    content = document(bbox=[2250, 0, 3000, 1000])  # shown, the red corner is the upper right one
    content["images"][0] |= {"width": 3000, "height": 4000}
    pictures = {"a.jpg": jpeg(big, orientation=6), "b.jpg": jpeg(corner_picture())}
    sample = PictureCache(read_channel(write(tmp_path, content, pictures)), 256)[0]
    assert sample.pixels.shape[0] * sample.pixels.shape[1] <= 4 * 320**2 * 1.01
    left, top, right, bottom = np.round(sample.boxes[0]).astype(int)
    assert (sample.pixels[top + 2 : bottom - 2, left + 2 : right - 2, 0] > 200).all()
    assert (sample.pixels[bottom + 2 :, :, 0] < 50).all()
    assert (sample.pixels[:, : left - 2, 0] < 50).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no picture", r"a.jpg: the file is neither a JPEG nor a PNG"),
        (jpeg(corner_picture(320, 240)), r"a.jpg is 320 x 240 pixels, annotations.json says 640 x 480"),
        (jpeg(corner_picture(), 6), r"a.jpg is 480 x 640 pixels, annotations.json says 640 x 480"),
    ],
)
def test_a_picture_that_is_not_what_the_annotations_say(tmp_path: Path, data: bytes, reason: str) -> None:
    pictures = {"a.jpg": data, "b.jpg": jpeg(corner_picture())}
    with pytest.raises(InputError, match=reason):
        PictureCache(read_channel(write(tmp_path, document(), pictures)), 320)[0]


def test_the_same_pictures_are_held_out_for_a_seed(channel: Path) -> None:
    pictures = read_channel(channel)
    many = [replace(item, path=Path(f"{number}")) for number, item in enumerate(5 * pictures)]
    training, held_out = train_validation_split(many, 1)
    assert (len(training), len(held_out)) == (54, 6)
    assert {item.path for item in training} | {item.path for item in held_out} == {item.path for item in many}
    assert [item.path for item in train_validation_split(many, 1)[1]] == [item.path for item in held_out]
    assert train_validation_split(many[:49], 1)[1] == []


def test_pictures_with_small_objects_are_enlarged(channel: Path) -> None:
    pictures = read_channel(channel)
    small = [replace(item, boxes=item.boxes / 1.3) for item in pictures]
    smaller = [replace(item, boxes=item.boxes / 1.6) for item in pictures]
    assert picture_scale(pictures) == 1
    assert 1 < picture_scale(small) < picture_scale(smaller) <= 2
    assert picture_scale([replace(item, boxes=item.boxes / 50) for item in pictures]) == 2
