from __future__ import annotations

import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection.proposals import proposal, threshold
from kit.detection.response import Detection


def found(label: str, left: float, score: float) -> Detection:
    return Detection(BoundingBox(label, left, 0, left + 100, 100), score)


def test_what_scores_below_the_threshold_is_not_proposed() -> None:
    made = proposal([found("usb-a", 0, 0.7), found("usb-a", 200, 0.3)], ["usb-a"], 0.5)
    assert made.detections == (found("usb-a", 0, 0.7),)


def test_an_object_is_proposed_once_as_what_it_most_likely_is() -> None:
    made = proposal([found("usb-c", 2, 0.6), found("usb-a", 0, 0.8)], ["usb-a", "usb-c"], 0.5)
    assert made.detections == (found("usb-a", 0, 0.8),)


def test_a_class_that_is_not_labelled_here_is_not_proposed() -> None:
    made = proposal([found("hdmi", 0, 0.9), found("usb-a", 0, 0.8)], ["usb-a"], 0.5)
    assert made.detections == (found("usb-a", 0, 0.8),)


def test_a_picture_is_the_less_certain_the_lower_its_scores_and_least_where_nothing_is_found() -> None:
    certain = proposal([found("usb-a", 0, 0.9), found("usb-a", 200, 0.7)], ["usb-a"], 0.5)
    nothing = proposal([], ["usb-a"], 0.5)
    assert certain.certainty == pytest.approx(0.8)
    assert nothing.certainty == 0


def test_the_threshold_lies_between_what_was_right_and_what_was_wrong() -> None:
    picture = AnnotatedPicture("a.jpg", 640, 480, (BoundingBox("usb-a", 0, 0, 100, 100),))
    detections = {"a.jpg": [found("usb-a", 0, 0.6), found("usb-a", 300, 0.45)]}
    assert 0.45 < threshold([picture], detections) <= 0.6


def test_without_any_box_there_is_a_threshold_all_the_same() -> None:
    assert threshold([AnnotatedPicture("a.jpg", 640, 480)], {}) == 0.4
