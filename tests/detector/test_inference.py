"""What several looks at a picture come to."""

from __future__ import annotations

import numpy as np
import pytest
from detector.inference import agreed

NOTHING = (np.empty((0, 4), np.float32), np.empty(0, np.float32))


def look(*found: tuple[tuple[float, float, float, float], float]):
    return np.array([box for box, _ in found], np.float32), np.array([score for _, score in found], np.float32)


def test_looks_agree_on_place_and_score() -> None:
    boxes, scores = agreed([look(((0.10, 0.1, 0.3, 0.3), 0.8)), look(((0.12, 0.1, 0.32, 0.3), 0.4))])
    assert boxes.tolist() == [pytest.approx([0.104, 0.1, 0.304, 0.3])]
    assert scores.tolist() == [pytest.approx(0.6)]


def test_what_only_one_look_has_found_is_worth_half() -> None:
    both = (0.6, 0.6, 0.8, 0.8)
    boxes, scores = agreed([look(((0.1, 0.1, 0.3, 0.3), 0.9), (both, 0.6)), look((both, 0.6))])
    assert boxes.tolist() == [pytest.approx(both), pytest.approx([0.1, 0.1, 0.3, 0.3])]
    assert scores.tolist() == pytest.approx([0.6, 0.45])


def test_a_loosely_fitting_box_has_no_say_in_the_place_and_is_not_found_again() -> None:
    boxes, scores = agreed([look(((0.1, 0.1, 0.3, 0.3), 0.9), ((0.1, 0.1, 0.3, 0.23), 0.5)), NOTHING])
    assert boxes.tolist() == [pytest.approx([0.1, 0.1, 0.3, 0.3])]
    assert scores.tolist() == pytest.approx([0.45])


def test_looks_that_find_nothing() -> None:
    boxes, scores = agreed([NOTHING, NOTHING])
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)
