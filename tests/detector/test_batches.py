"""What an epoch shows the networks: rare classes, crowded pictures and pictures of nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from detector import batches
from detector.batches import (
    AHEAD,
    drawn_objects,
    made_ahead,
    objects_in_epoch,
    pictures_in_epoch,
    training_batches,
    training_cuts,
)
from detector.dataset import LabelledPicture, PictureCache


def cache(folder: Path, *classes: list[int]) -> PictureCache:
    """A picture for each list, with a box in a row for each class in it."""
    pictures = []
    for number, kinds in enumerate(classes):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), np.full((96, 32 * max(3, len(kinds)), 3), 40 * number % 256, np.uint8))
        boxes = np.array([[32 * place + 4, 20, 32 * place + 28, 70] for place in range(len(kinds))], np.float32)
        size = (32 * max(3, len(kinds)), 96)
        pictures.append(LabelledPicture(path, size, boxes.reshape(-1, 4), np.array(kinds, np.int64)))
    return PictureCache(pictures, 96)


def times_drawn(some: PictureCache, seed: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(row) for row in drawn_objects(some, np.random.default_rng(seed)).tolist())


@pytest.mark.parametrize("seed", range(5))
def test_each_object_is_looked_at_once_where_classes_are_even(tmp_path: Path, seed: int) -> None:
    some = cache(tmp_path, [0, 1], [1], [0], [2, 2])
    assert times_drawn(some, seed) == {(0, 0): 1, (0, 1): 1, (1, 0): 1, (2, 0): 1, (3, 0): 1, (3, 1): 1}


@pytest.mark.parametrize("seed", range(5))
def test_a_rare_class_is_looked_at_more_often_than_it_is_there(tmp_path: Path, seed: int) -> None:
    some = cache(tmp_path, [0, 0, 0], [0, 0, 0], [0, 0, 0], [1])
    drawn = times_drawn(some, seed)
    assert drawn.total() == objects_in_epoch(some) == 10
    # Weights 1/3 and 1 a piece: a quarter of the ten looks in place of a tenth.
    assert drawn[3, 0] in (2, 3)


def test_a_crowd_does_not_take_all_the_time(tmp_path: Path) -> None:
    some = cache(tmp_path, [0] * 40, [1], [0])
    assert objects_in_epoch(some) == 3 * batches.MOST_OBJECTS
    drawn = times_drawn(some, 0)
    assert drawn.total() == 3 * batches.MOST_OBJECTS
    assert drawn[1, 0] >= 1, "the one of its kind is among them"


def test_pictures_of_nothing_are_a_part_of_each_epoch_and_never_most_of_it(tmp_path: Path) -> None:
    some = cache(tmp_path, [0], [1], [0], [1], *([] for _ in range(20)))
    assert pictures_in_epoch(some) == 5
    for epoch in (1, 2):
        shown = list(training_batches(some, 2, 1, 96, 0, epoch))
        assert sum(len(part.pictures) for parts in shown for part in parts) == 5
    assert sum(part.targets for parts in training_cuts(some, 8, 2, 0, 1) for part in parts) == 4


def test_batches_are_made_a_few_ahead_and_not_a_whole_epoch() -> None:
    """A batch is megabytes, and an epoch may have thousands."""
    made: list[int] = []

    def make(group: np.ndarray) -> int:
        made.append(int(group[0]))
        return made[-1]

    given = made_ahead(make, [np.array([number]) for number in range(50)])
    assert next(given) == 0
    assert len(made) <= AHEAD + 1
    assert [0, *given] == list(range(50)) == made
