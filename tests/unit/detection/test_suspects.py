from __future__ import annotations

import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.detection.response import Detection
from kit.detection.suspects import Reason, Suspect, ranked


def box(label: str, left: float, top: float, right: float, bottom: float) -> BoundingBox:
    return BoundingBox(label, left, top, right, bottom)


def found(label: str, left: float, top: float, right: float, bottom: float, score: float) -> Detection:
    return Detection(box(label, left, top, right, bottom), score)


def of(
    boxes: tuple[BoundingBox, ...], *detections: Detection, state: LabelState = LabelState.LABELLED
) -> list[Suspect]:
    """What is suspicious on a picture among others with labels as people draw them, which the model confirms."""
    pictures = [AnnotatedPicture("s3://bucket/a.jpg", 640, 480, boxes, state)]
    found_on = {"a.jpg": detections}
    for number, label in enumerate(("usb-a", "usb-c") * 5):
        name = f"{number}.jpg"
        pictures.append(AnnotatedPicture(name, 640, 480, (box(label, 100, 100, 200, 200),)))
        found_on[name] = (found(label, 100 + number, 100, 200, 200, 0.9),)
    return [suspect for suspect in ranked(pictures, found_on) if suspect.picture == "a.jpg"]


GOOD = box("usb-a", 100, 100, 200, 200)
ANOTHER = found("usb-a", 300, 300, 400, 400, 0.9)
AGREED = found("usb-a", 101, 100, 200, 199, 0.9)


def test_a_label_that_the_model_confirms_is_not_suspicious() -> None:
    (suspect,) = of((GOOD,), AGREED)
    assert suspect.suspicion < 0.1


@pytest.mark.parametrize(
    ("boxes", "detections", "reason"),
    [
        ((GOOD,), (AGREED, ANOTHER), Reason.MISSING),
        ((GOOD, box("usb-a", 300, 300, 400, 400)), (AGREED,), Reason.EXTRA),
        ((box("usb-c", 100, 100, 200, 200),), (AGREED,), Reason.CLASS),
        ((box("usb-a", 100, 100, 200, 160),), (AGREED,), Reason.EDGES),
        ((GOOD, box("usb-a", 105, 95, 205, 210)), (AGREED,), Reason.TWICE),
        ((GOOD, box("usb-c", 105, 95, 205, 210)), (AGREED,), Reason.TWICE),
    ],
)
def test_each_way_in_which_a_label_goes_wrong_is_told_by_its_name_and_comes_first(
    boxes: tuple[BoundingBox, ...], detections: tuple[Detection, ...], reason: Reason
) -> None:
    first, *others = of(boxes, *detections)
    assert first.reason is reason
    assert first.suspicion > 0.4
    assert all(each.suspicion < 0.1 for each in others)


def test_of_two_boxes_around_one_object_the_one_that_fits_worse_is_the_suspect() -> None:
    worse = box("usb-a", 105, 95, 205, 210)
    first, _other = of((worse, GOOD), AGREED)
    assert first.label == worse


def test_a_label_of_another_class_is_shown_beside_the_class_that_the_model_gives() -> None:
    suspects = of(
        (box("usb-c", 100, 100, 200, 200),),
        AGREED,
        # The same place as another class: one find, not two.
        found("usb-c", 101, 100, 200, 199, 0.1),
    )
    (suspect,) = suspects
    assert suspect.found is not None
    assert (suspect.found.box.label, suspect.found.score) == ("usb-a", 0.9)


def test_the_surest_model_makes_the_most_suspicious_label() -> None:
    sure, unsure = found("usb-a", 300, 300, 400, 400, 0.9), found("usb-a", 500, 300, 600, 400, 0.3)
    first, second, _good = of((GOOD,), unsure, AGREED, sure)
    assert (first.found, second.found) == (sure, unsure)


def test_what_nobody_has_labelled_is_not_looked_at() -> None:
    assert of((), ANOTHER, state=LabelState.UNLABELLED) == []
