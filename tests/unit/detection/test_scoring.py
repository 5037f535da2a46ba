"""mAP against values worked out by hand, and against another implementation of the same definition."""

from __future__ import annotations

import random

import numpy as np
import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.detection.response import Detection
from kit.detection.scoring import Scores, score

LABELS = ("a", "b")


def scored(truth: list[AnnotatedPicture], detections: dict[str, list[Detection]]) -> Scores:
    scores = score(truth, detections, LABELS)
    assert scores is not None
    return scores


def picture(name: str, *boxes: tuple[str, float, float, float, float]) -> AnnotatedPicture:
    return AnnotatedPicture(f"s3://b/{name}", 640, 480, tuple(BoundingBox(*box) for box in boxes))


def found(label: str, value: float, left: float, top: float, right: float, bottom: float) -> Detection:
    return Detection(BoundingBox(label, left, top, right, bottom), value)


TRUTH = [picture("x.jpg", ("a", 0, 0, 100, 100)), picture("y.jpg", ("a", 200, 0, 300, 100)), picture("nothing.jpg")]


def test_perfect_detections(capsys: pytest.CaptureFixture[str]) -> None:
    detections = {
        "x.jpg": [found("a", 0.9, 0, 0, 100, 100)],
        "y.jpg": [found("a", 0.6, 200, 0, 300, 100)],
    }
    scores = scored(TRUTH, detections)
    assert (scores.map50, scores.map) == pytest.approx((1.0, 1.0))
    assert (scores.pictures, scores.boxes) == (3, 2)
    assert capsys.readouterr().out == ""


def test_a_curve_worked_out_by_hand() -> None:
    """Right, wrong, right, by falling score: precision 1 up to recall 1/2, and 2/3 beyond."""
    detections = {
        "x.jpg": [found("a", 0.9, 0, 0, 100, 100)],
        "nothing.jpg": [found("a", 0.8, 0, 0, 100, 100)],
        "y.jpg": [found("a", 0.7, 200, 0, 300, 100)],
    }
    (a, b) = scored(TRUTH, detections).classes
    # 101 recall values: 0.00 to 0.50 are 51 of them.
    assert a.precision == pytest.approx([1.0] * 51 + [2 / 3] * 50)
    assert a.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert (b.boxes, b.ap50, b.ap, b.precision) == (0, None, None, None)


def test_how_well_a_box_fits_counts_in_the_stricter_mean() -> None:
    """IoU 0.62 is enough for 3 of the 10 thresholds 0.50, 0.55, … 0.95."""
    scores = scored(TRUTH[:1], {"x.jpg": [found("a", 0.9, 0, 0, 62, 100)]})
    assert scores.map50 == pytest.approx(1.0)
    assert scores.map == pytest.approx(0.3)


def test_the_mean_is_over_classes_that_are_there() -> None:
    truth = [picture("x.jpg", ("a", 0, 0, 100, 100), ("b", 200, 200, 260, 260))]
    scores = scored(truth, {"x.jpg": [found("a", 0.9, 0, 0, 100, 100)]})
    assert [each.ap50 for each in scores.classes] == pytest.approx([1.0, 0.0])
    assert scores.map50 == pytest.approx(0.5)
    # Class b without truth does not lower the mean, however much is taken for it.
    scores = scored(TRUTH[:1], {"x.jpg": [found("a", 0.9, 0, 0, 100, 100), found("b", 0.9, 5, 5, 9, 9)]})
    assert scores.map50 == pytest.approx(1.0)


def test_the_wrong_class_is_wrong() -> None:
    scores = scored(TRUTH[:1], {"x.jpg": [found("b", 0.9, 0, 0, 100, 100), found("no class", 0.9, 0, 0, 100, 100)]})
    assert scores.map50 == 0.0


def test_no_detection_at_all() -> None:
    assert scored(TRUTH, {}).map50 == 0.0


@pytest.mark.parametrize(
    "truth",
    [
        [],
        [picture("x.jpg")],
        [AnnotatedPicture("x.jpg", 9, 9, (BoundingBox("a", 1, 1, 2, 2),), LabelState.FAILED)],
        [picture("x.jpg", ("no class", 1, 1, 2, 2))],
    ],
)
def test_without_truth_nothing_is_said(truth: list[AnnotatedPicture]) -> None:
    assert score(truth, {"x.jpg": [found("a", 0.9, 0, 0, 9, 9)]}, LABELS) is None


def average_precision(truth: list[AnnotatedPicture], detections: dict[str, list[Detection]], label: str) -> float:
    """AP at IoU 0.5 from its definition: greedy matching by falling score, 101 recall values."""

    def iou(box: BoundingBox, each: BoundingBox) -> float:
        across = min(box.right, each.right) - max(box.left, each.left)
        down = min(box.bottom, each.bottom) - max(box.top, each.top)
        both = max(across, 0) * max(down, 0)
        return both / (box.width * box.height + (each.right - each.left) * (each.bottom - each.top) - both)

    boxes = {each.file_name: [box for box in each.boxes if box.label == label] for each in truth}
    ranked = [(each, name) for name, each_of in detections.items() for each in each_of if each.box.label == label]
    right = []
    for each, name in sorted(ranked, key=lambda pair: -pair[0].score):
        best = max(boxes[name], key=lambda box: iou(box, each.box), default=None)
        hit = best is not None and iou(best, each.box) >= 0.5
        if hit and best is not None:
            boxes[name].remove(best)
        right.append(hit)
    total = sum(box.label == label for each in truth for box in each.boxes)
    hits = np.cumsum(right)
    precision, recall = hits / np.arange(1, len(right) + 1), hits / total
    return float(np.mean([max(precision[recall >= at], default=0.0) for at in np.linspace(0, 1, 101)]))


@pytest.mark.parametrize("seed", range(5))
def test_against_the_definition(seed: int) -> None:
    chance = random.Random(seed)
    truth, detections = [], {}
    for number in range(20):
        cells = chance.sample(range(40), 4)  # a grid, so that no detection overlaps two boxes
        boxes = [(chance.choice(LABELS), (cell % 8) * 80.0, (cell // 8) * 80.0) for cell in cells]
        truth.append(picture(f"{number}.jpg", *[(label, x, y, x + 60, y + 60) for label, x, y in boxes]))
        detections[f"{number}.jpg"] = [
            found(
                chance.choice(LABELS), chance.random(), x + (shift := chance.randrange(30)), y, x + 60 + shift, y + 60
            )
            for _, x, y in boxes
        ]
    classes = scored(truth, detections).classes
    assert {each.label for each in classes} == set(LABELS)
    for each in classes:
        assert each.ap50 == pytest.approx(average_precision(truth, detections, each.label))
