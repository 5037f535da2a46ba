"""What an epoch shows the detector: every picture, some pictures of nothing, a few batches ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from detector.training.classifier_batches import training_looks
from detector.training.detector_batches import AHEAD, made_ahead, pictures_in_epoch, training_batches

from tests.detector.rows_of_boxes import cache


def test_pictures_of_nothing_are_a_part_of_each_epoch_and_never_most_of_it(tmp_path: Path) -> None:
    some = cache(tmp_path, [0], [1], [0], [1], *([] for _ in range(20)))
    assert pictures_in_epoch(some) == 5
    for epoch in (1, 2):
        shown = list(training_batches(some, 2, 1, 96, 0, epoch))
        assert sum(len(part.pictures) for parts in shown for part in parts) == 5
    assert sum(part.targets for parts in training_looks(some, [], 8, 2, 0, 1) for part in parts) == 4


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
