"""Where captions go: at their boxes, in the frame, none over another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kit.detection import captions

FRAME = (640.0, 480.0)


def test_alone_a_caption_is_above_its_box() -> None:
    assert captions.place((100, 100, 200, 150), 60, 20, FRAME, []) == (100, 80, 160, 100)


def test_at_the_upper_edge_it_is_below() -> None:
    assert captions.place((100, 5, 200, 50), 60, 20, FRAME, []) == (100, 50, 160, 70)


def test_in_a_crowd_none_covers_another_and_each_is_at_its_box() -> None:
    random = np.random.default_rng(0)
    taken: list[captions.Rectangle] = []
    for left, top in random.uniform(0, 400, (60, 2)):
        box = (left, top, left + 70, top + 50)
        place = captions.place(box, 90, 20, FRAME, taken)
        if place is not None:
            assert not captions.is_free(place, [(box[0] - 1, box[1] - 41, box[2] + 1, box[3] + 41)]), (
                "at most a row away"
            )
            assert captions.inside(place, *FRAME) == place
            taken.append(place)
    assert len(taken) > 30
    assert all(captions.is_free(one, [other]) for one, other in itertools.combinations(taken, 2))


def test_without_room_there_is_none() -> None:
    assert captions.place((100, 100, 200, 150), 60, 20, FRAME, [(0, 0, *FRAME)]) is None


@pytest.mark.parametrize("far", [1e9, -1e9])
def test_a_box_that_reaches_far_out_of_the_frame_takes_no_longer(far: float) -> None:
    box = (min(far, 100.0), 100.0, max(far, 200.0), 150.0)
    place = captions.place(box, 60, 20, FRAME, [(0, 0, 640, 100)])
    assert place is not None
    assert captions.inside(place, *FRAME) == place
