"""The pictures of an epoch: every one with objects, some without, a few batches ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from detector.training.classifier_batches import classifier_batches
from detector.training.detector_batches import detector_batches, pictures_per_epoch
from detector.training.prefetch import PREFETCH, prefetch

from tests.detector.rows_of_boxes import cache


def test_pictures_without_objects_are_a_part_of_each_epoch_and_never_most_of_it(tmp_path: Path) -> None:
    some = cache(tmp_path, [0], [1], [0], [1], *([] for _ in range(20)))
    assert pictures_per_epoch(some) == 5
    for epoch in (1, 2):
        shown = list(detector_batches(some, 2, 1, 96, 0, epoch))
        assert sum(len(part.pictures) for parts in shown for part in parts) == 5
    assert sum(part.foreground for parts in classifier_batches(some, [], 8, 2, 0, 1) for part in parts) == 4


def test_batches_are_made_a_few_ahead_and_not_a_whole_epoch() -> None:
    """A batch is megabytes, and an epoch may have thousands."""
    made: list[int] = []

    def make(group: np.ndarray) -> int:
        made.append(int(group[0]))
        return made[-1]

    given = prefetch(make, [np.array([number]) for number in range(50)])
    assert next(given) == 0
    assert len(made) <= PREFETCH + 1
    assert [0, *given] == list(range(50)) == made
