"""Verdicts on single detections, on pictures small enough to judge by eye; and against pycocotools on random ones."""

from __future__ import annotations

import numpy as np

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection import scoring
from kit.detection.response import Detection
from kit.detection.verdicts import NOTHING, best_operating, confusion, intersection_over_union, judge


def box(label: str, left: float, side: float = 10) -> BoundingBox:
    return BoundingBox(label, left, 0, left + side, side)


def found(label: str, score: float, left: float, side: float = 10) -> Detection:
    return Detection(box(label, left, side), score)


def picture(*boxes: BoundingBox) -> AnnotatedPicture:
    return AnnotatedPicture("a.jpg", 640, 480, boxes)


def test_overlap_of_rectangles() -> None:
    assert intersection_over_union(box("a", 0), box("a", 0)) == 1
    assert intersection_over_union(box("a", 0), box("a", 5)) == 50 / 150
    assert intersection_over_union(box("a", 0), box("a", 10)) == 0


def test_each_box_is_found_once_by_the_best_score_of_its_class() -> None:
    judged = judge(
        picture(box("a", 0), box("b", 100), box("a", 200)),
        [
            found("a", 0.5, 1),  # a second look at the first box
            found("a", 0.9, 0),  # the first box
            found("a", 0.8, 100),  # the second, under a wrong class
            found("a", 0.7, 206),  # too far off the third
        ],
    )
    assert [each.score for each in judged.detections] == [0.9, 0.8, 0.7, 0.5]
    assert judged.right == (True, False, False, False)
    assert judged.found_at == (0.9, None, None)
    assert judged.mistakes(0.0) == 5
    assert judged.mistakes(0.75) == 3
    assert judged.mistakes(0.95) == 3


def test_the_threshold_of_the_best_f1_drops_the_wrong_and_keeps_the_right() -> None:
    judged = judge(picture(box("a", 0), box("a", 50)), [found("a", 0.62, 0), found("a", 0.44, 50), found("a", 0.3, 99)])
    best = best_operating([judged])
    assert best is not None
    assert (best.threshold, best.precision, best.recall, best.f1) == (0.31, 1, 1, 1)


def test_without_a_true_box_there_is_no_best_threshold() -> None:
    assert best_operating([judge(picture(), [found("a", 0.9, 0)])]) is None


def test_confusion_names_what_a_missed_box_was_taken_for() -> None:
    judged = judge(
        picture(box("a", 0), box("b", 100), box("a", 200)),
        [found("a", 0.9, 0), found("a", 0.8, 100), found("b", 0.7, 300), found("a", 0.1, 200)],
    )
    assert confusion([judged], 0.5) == {("a", "a"): 1, ("b", "a"): 1, (NOTHING, "b"): 1, ("a", NOTHING): 1}


def test_confusion_counts_as_the_verdicts_do() -> None:
    """A detection that is right stays so where a better one of another class is on its box."""
    judged = judge(picture(box("a", 0), box("b", 3)), [found("b", 0.9, 0), found("a", 0.8, 2), found("b", 0.2, 3)])
    assert judged.right == (True, True, False)
    assert confusion([judged], 0.1) == {("a", "a"): 1, ("b", "b"): 1, (NOTHING, "b"): 1}
    assert confusion([judged], 0.5) == {("a", "a"): 1, ("b", "b"): 1}
    assert confusion([judged], 0.85) == {("a", NOTHING): 1, ("b", "b"): 1}
    assert confusion([judged], 0.95) == {("a", NOTHING): 1, ("b", NOTHING): 1}


def test_verdicts_agree_with_pycocotools() -> None:
    """Average precision from the verdicts, by COCO's 101 recalls, is what its own evaluation says."""
    random = np.random.default_rng(1)
    pictures, detections = [], {}
    for number in range(12):
        corners = random.uniform(0, 300, (4, 2))
        boxes = tuple(BoundingBox("a", x, y, x + 60, y + 60) for x, y in corners)
        name = f"{number}.jpg"
        pictures.append(AnnotatedPicture(name, 400, 400, boxes))
        near = [(x + random.normal(0, 12), y + random.normal(0, 12)) for x, y in corners]
        far = random.uniform(0, 300, (3, 2))
        detections[name] = [
            Detection(BoundingBox("a", x, y, x + 60, y + 60), random.uniform()) for x, y in [*near, *far]
        ]
    scores = scoring.score(pictures, detections, ["a"])
    assert scores is not None
    judged = [judge(each, detections[each.file_name]) for each in pictures]
    ranked = sorted(
        ((d.score, right) for j in judged for d, right in zip(j.detections, j.right, strict=True)), reverse=True
    )
    hits = np.cumsum([right for _, right in ranked])
    precision = hits / np.arange(1, len(ranked) + 1)
    recall = hits / 48
    curve = [max(precision[recall >= level - 1e-9], default=0.0) for level in np.linspace(0, 1, 101)]
    assert abs(float(np.mean(curve)) - scores.map50) < 1e-6
