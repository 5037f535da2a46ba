"""How far a score may be trusted: against pycocotools, and on sets whose spread is known."""

from __future__ import annotations

import numpy as np
import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection import confidence, scoring, verdicts
from kit.detection.response import Detection
from kit.detection.verdicts import JudgedPicture


def picture(name: str, found: bool) -> JudgedPicture:
    box = BoundingBox("a", 0, 0, 10, 10)
    return verdicts.judge(AnnotatedPicture(name, 100, 100, (box,)), [Detection(box, 0.9)] if found else [])


def test_without_resampling_the_score_is_that_of_pycocotools() -> None:
    random = np.random.default_rng(3)
    pictures, detections = [], {}
    for number in range(20):
        boxes = tuple(BoundingBox("ab"[place % 2], x := 90 * place, 5, x + 60, 65) for place in range(4))
        name = f"{number}.jpg"
        pictures.append(AnnotatedPicture(name, 400, 100, boxes))
        detections[name] = [
            Detection(
                BoundingBox(
                    "ab"[random.integers(2)], box.left + (shift := random.normal(0, 12)), 5, box.right + shift, 65
                ),
                random.uniform(),
            )
            for box in boxes
        ]
    expected = scoring.score(pictures, detections, ("a", "b"))
    assert expected is not None
    assert 0.1 < expected.map50 < 0.9
    judged = [verdicts.judge(each, detections[each.file_name]) for each in pictures]
    classes = confidence._classes(judged)
    of_classes = [each.average_precision(np.ones(len(judged))) for each in classes]
    assert of_classes == pytest.approx([each.ap50 for each in expected.classes], abs=1e-9)


def test_the_interval_is_that_of_a_proportion() -> None:
    """60 of 100 pictures with one box each, all found with one score: a proportion of 0.6, sqrt(0.24 / 100) = 0.049."""
    judged = [picture(f"{number}.jpg", number < 60) for number in range(100)]
    found = confidence.interval(judged)
    assert found is not None
    assert found.low == pytest.approx(0.6 - 1.96 * 0.049, abs=0.02)
    assert found.high == pytest.approx(0.6 + 1.96 * 0.049, abs=0.02)


def test_more_pictures_make_it_narrower_and_a_seed_gives_the_same() -> None:
    few, many = ([picture(f"{number}.jpg", number % 5 > 0) for number in range(count)] for count in (20, 500))
    one, other = confidence.interval(few), confidence.interval(many)
    assert one is not None
    assert other is not None
    assert other.width < 0.5 * one.width
    random, box = np.random.default_rng(5), BoundingBox("a", 0, 0, 10, 10)
    mixed = [
        verdicts.judge(
            AnnotatedPicture(f"{number}.jpg", 100, 100, (box,)),
            [Detection(box, random.uniform()), Detection(BoundingBox("a", 50, 0, 60, 10), random.uniform())],
        )
        for number in range(40)
    ]
    assert confidence.interval(mixed, seed=7) == confidence.interval(mixed, seed=7)
    assert confidence.interval(mixed, seed=7) != confidence.interval(mixed, seed=8)


def test_without_a_true_box_there_is_none() -> None:
    assert confidence.interval([]) is None
    assert confidence.interval([verdicts.judge(AnnotatedPicture("a.jpg", 10, 10, ()), [])]) is None
