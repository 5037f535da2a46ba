"""Which sample pictures there are to render, by the plan alone: nothing is rendered."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from samples.scenes.plan import SETS

PLUGS = Path(__file__).parents[2] / "samples" / "plugs"


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_the_plan_of_the_committed_pictures_is_what_they_show(split: str) -> None:
    truth = json.loads((PLUGS / f"{split}.coco.json").read_text())
    named = {category["id"]: category["name"] for category in truth["categories"]}
    shown: dict[int, list[str]] = {image["id"]: [] for image in truth["images"]}
    for annotation in truth["annotations"]:
        shown[annotation["image_id"]].append(named[annotation["category_id"]])

    assert {picture.number: list(picture.plugs) for picture in SETS["near"].pictures(split)} == shown


@pytest.mark.parametrize("split", ["train", "held_out", "more"])
def test_twenty_pictures_from_afar_show_one_to_five_plugs_of_two_classes_in_equal_numbers(split: str) -> None:
    planned = SETS["far"].pictures(split)

    assert len(planned) == 20
    assert {len(picture.plugs) for picture in planned} == {1, 2, 3, 4, 5}
    assert Counter(chain.from_iterable(picture.plugs for picture in planned)) == {"usb-a": 30, "usb-c": 30}


def test_no_two_pictures_share_a_seed_or_a_name() -> None:
    planned = [p for wanted in SETS.values() for split in wanted.counts for p in wanted.pictures(split)]

    assert len({picture.number for picture in planned}) == len({picture.file_name for picture in planned}) == 160
