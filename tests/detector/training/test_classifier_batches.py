"""What an epoch shows the classifier: objects, rare ones more often, crowds not all, and what is none."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from detector.training.classifier_batches import (
    NOTHING,
    OBJECTS_OF_A_PICTURE,
    Looks,
    drawn_objects,
    objects_in_epoch,
    training_looks,
)
from detector.training.dataset import PictureCache

from tests.detector.rows_of_boxes import cache


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
    assert objects_in_epoch(some) == 3 * OBJECTS_OF_A_PICTURE
    drawn = times_drawn(some, 0)
    assert drawn.total() == 3 * OBJECTS_OF_A_PICTURE
    assert drawn[1, 0] >= 1, "the one of its kind is among them"


NONE = np.empty((0, 4), np.float32)


def epoch_of(some: PictureCache, negatives: list[np.ndarray], parts: int = 2) -> list[list[Looks]]:
    return list(training_looks(some, negatives, 8, parts, seed=0, epoch=1))


def test_hard_negatives_come_with_every_batch_and_are_called_nothing(tmp_path: Path) -> None:
    some = cache(tmp_path, *([kind, kind] for kind in (0, 1) * 5), [])
    black_corner = np.array([[0, 0, 20, 15]], np.float32)
    batches = epoch_of(some, [NONE] * 10 + [black_corner])
    assert [sum(part.targets for part in parts) for parts in batches] == [8, 8, 4]
    kinds = [torch.cat([part.turned.wanted for part in parts]).tolist() for parts in batches]
    assert [kind.count(NOTHING) for kind in kinds] == [4, 3, 3], "one for every two objects"
    assert Counter(chain(*kinds)) == {0: 10, 1: 10, NOTHING: 10}
    for part in chain(*batches):
        assert len(part.upright.wanted) == len(part.upright.pixels) == (part.turned.wanted != NOTHING).sum()
        assert len(part.turned.pixels) == len(part.turned.masks) == len(part.turned.wanted)


def test_an_epoch_without_hard_negatives_is_of_objects_alone(tmp_path: Path) -> None:
    some = cache(tmp_path, [0], [1], [])
    for negatives in ([], [NONE] * 3):
        ((part,),) = epoch_of(some, negatives, parts=1)
        assert sorted(part.turned.wanted.tolist()) == [0, 1]


def test_an_object_drawn_twice_is_seen_in_two_ways(tmp_path: Path) -> None:
    """Of a rare class, which is drawn more often than it is there."""
    some = cache(tmp_path, [0, 0, 0], [0, 0, 0], [0, 0, 0], [1])
    for seed in range(5):
        ((looks,),) = training_looks(some, [], 10, 1, seed, epoch=1)
        edges = looks.upright.wanted[looks.turned.wanted == 1]
        assert len(edges.unique(dim=0)) == len(edges) >= 2
