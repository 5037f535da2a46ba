"""The sample pictures are what samples/README.md says they are."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from pycocotools.coco import COCO

PLUGS = Path(__file__).parents[2] / "samples" / "plugs"
SPLITS = {"train": 35, "held_out": 65}
LEAST_OF_A_CLASS = {"train": 25, "held_out": 45}


@pytest.fixture(params=SPLITS)
def split(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def truth_of(split: str) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(PLUGS / f"{split}.coco.json"))


def pictures_of(split: str) -> list[Path]:
    return sorted((PLUGS / split).iterdir())


def test_every_picture_is_in_the_truth_and_every_image_of_the_truth_is_there(split: str) -> None:
    truth = truth_of(split)
    named = [image["file_name"] for image in truth.imgs.values()]

    assert sorted(named) == [path.name for path in pictures_of(split)]
    assert len(named) == SPLITS[split]


def test_every_picture_is_a_640_by_480_jpeg_as_the_truth_says(split: str) -> None:
    for image in truth_of(split).imgs.values():
        with Image.open(PLUGS / split / image["file_name"]) as picture:
            picture.load()
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (640, 480))
        assert (image["width"], image["height"]) == (640, 480)


def test_every_box_lies_in_its_picture_and_is_big_enough_to_see(split: str) -> None:
    truth = truth_of(split)
    for annotation in truth.anns.values():
        left, top, width, height = annotation["bbox"]
        where = truth.imgs[annotation["image_id"]]["file_name"], annotation["bbox"]

        assert left >= 0, where
        assert top >= 0, where
        assert left + width <= 640, where
        assert top + height <= 480, where
        assert max(width, height) >= 50, where
        assert min(width, height) >= 14, where
        assert annotation["area"] == width * height, where


def test_the_classes_are_those_of_the_label_list_and_each_is_frequent(split: str) -> None:
    truth = truth_of(split)
    labels = (PLUGS / "labels.txt").read_text().split()
    named = {category["id"]: category["name"] for category in truth.cats.values()}
    found = Counter(named[annotation["category_id"]] for annotation in truth.anns.values())

    assert [named[i] for i in sorted(named)] == labels == ["usb-a", "usb-c", "lightning"]
    assert min(found[label] for label in labels) >= LEAST_OF_A_CLASS[split]


def test_a_picture_shows_at_most_six_plugs_and_a_few_show_none(split: str) -> None:
    truth = truth_of(split)
    plugs = [len(truth.getAnnIds(imgIds=[image])) for image in truth.imgs]

    assert max(plugs) <= 6
    assert 2 <= plugs.count(0) <= SPLITS[split] // 10


def test_no_picture_is_both_trained_and_tested_on() -> None:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for split in SPLITS for path in pictures_of(split)]
    names = [path.name for split in SPLITS for path in pictures_of(split)]

    assert len(set(digests)) == len(digests) == 100
    assert len(set(names)) == 100


def test_the_pictures_stay_small_enough_for_a_repository() -> None:
    assert sum(path.stat().st_size for split in SPLITS for path in pictures_of(split)) < 12_000_000
