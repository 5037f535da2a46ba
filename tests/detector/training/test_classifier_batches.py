"""The crops of an epoch: objects, rare ones more often, crowds not all, and hard negatives."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from detector.training.classifier_batches import (
    BACKGROUND,
    OBJECTS_PER_PICTURE,
    ClassifierBatch,
    classifier_batches,
    objects_per_epoch,
    sample_objects,
)
from detector.training.dataset import PictureCache

from tests.detector.rows_of_boxes import cache


def times_drawn(some: PictureCache, seed: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(row) for row in sample_objects(some, np.random.default_rng(seed)).tolist())


@pytest.mark.parametrize("seed", range(5))
def test_each_object_is_drawn_once_where_classes_are_even(tmp_path: Path, seed: int) -> None:
    some = cache(tmp_path, [0, 1], [1], [0], [2, 2])
    assert times_drawn(some, seed) == {(0, 0): 1, (0, 1): 1, (1, 0): 1, (2, 0): 1, (3, 0): 1, (3, 1): 1}


@pytest.mark.parametrize("seed", range(5))
def test_a_rare_class_is_drawn_more_often_than_it_is_there(tmp_path: Path, seed: int) -> None:
    some = cache(tmp_path, [0, 0, 0], [0, 0, 0], [0, 0, 0], [1])
    drawn = times_drawn(some, seed)
    assert drawn.total() == objects_per_epoch(some) == 10
    # Weights 1/3 and 1 a piece: a quarter of the ten objects in place of a tenth.
    assert drawn[3, 0] in (2, 3)


def test_a_crowd_does_not_take_all_the_time(tmp_path: Path) -> None:
    some = cache(tmp_path, [0] * 40, [1], [0])
    assert objects_per_epoch(some) == 3 * OBJECTS_PER_PICTURE
    drawn = times_drawn(some, 0)
    assert drawn.total() == 3 * OBJECTS_PER_PICTURE
    assert drawn[1, 0] >= 1, "the one of its kind is among them"


NONE = np.empty((0, 4), np.float32)


def epoch_of(some: PictureCache, negatives: list[np.ndarray], micro_batches: int = 2) -> list[list[ClassifierBatch]]:
    return list(classifier_batches(some, negatives, 8, micro_batches, seed=0, epoch=1))


def test_hard_negatives_come_with_every_batch_and_are_background(tmp_path: Path) -> None:
    some = cache(tmp_path, *([kind, kind] for kind in (0, 1) * 5), [])
    black_corner = np.array([[0, 0, 20, 15]], np.float32)
    batches = epoch_of(some, [NONE] * 10 + [black_corner])
    assert [sum(part.foreground for part in parts) for parts in batches] == [8, 8, 4]
    kinds = [torch.cat([part.objects.targets for part in parts]).tolist() for parts in batches]
    assert [kind.count(BACKGROUND) for kind in kinds] == [4, 3, 3], "one for every two objects"
    assert Counter(chain(*kinds)) == {0: 10, 1: 10, BACKGROUND: 10}
    for part in chain(*batches):
        assert len(part.objects.crops) == len(part.objects.masks) == len(part.objects.targets) == len(part.boxes)
        assert part.boxes[part.objects.targets == BACKGROUND].isnan().all(), "of background there is no box to learn"


def test_about_half_of_the_objects_are_upright_and_have_their_box(tmp_path: Path) -> None:
    some = cache(tmp_path, *([kind, kind] for kind in (0, 1) * 20))
    boxes = torch.cat([part.boxes for part in chain(*epoch_of(some, []))])
    upright = ~boxes.isnan().any(1)
    assert len(boxes) == 80
    assert 25 <= upright.sum() <= 55
    left, top, right, bottom = boxes[upright].T
    assert ((left >= 0) & (left < right) & (right <= 1) & (top >= 0) & (top < bottom) & (bottom <= 1)).all()


def test_an_epoch_without_hard_negatives_is_of_objects_alone(tmp_path: Path) -> None:
    some = cache(tmp_path, [0], [1], [])
    for negatives in ([], [NONE] * 3):
        ((part,),) = epoch_of(some, negatives, micro_batches=1)
        assert sorted(part.objects.targets.tolist()) == [0, 1]


def test_an_object_drawn_twice_is_augmented_in_two_ways(tmp_path: Path) -> None:
    """Of a rare class, which is drawn more often than it is there."""
    some = cache(tmp_path, [0, 0, 0], [0, 0, 0], [0, 0, 0], [1])
    for seed in range(5):
        ((batch,),) = classifier_batches(some, [], 10, 1, seed, epoch=1)
        crops = batch.objects.crops[batch.objects.targets == 1]
        assert len(crops.unique(dim=0)) == len(crops) >= 2
