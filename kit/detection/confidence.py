"""How far a score may be trusted: mAP@0.5 over pictures drawn anew from those that it was taken on (the bootstrap).

The method is that of percentile intervals (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
Average precision is COCO's (https://cocodataset.org/#detection-eval): the mean of precision's envelope at 101 recalls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kit.detection.verdicts import JudgedPicture

RESAMPLES = 1000
# Of a hundred resamples so many have a score within the interval.
PERCENT = 95
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Interval:
    """Where `PERCENT` of a hundred scores lie that are taken on as many pictures drawn from the same; 0..1."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class _Class:
    """A class's detections, the best score first, and its true boxes by picture.

    Attributes:
        picture: index of each detection's picture.
        right: 1 for each detection that is right, else 0.
        boxes: true boxes of each picture.
    """

    picture: npt.NDArray[np.intp]
    right: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float64]

    def average_precision(self, weights: npt.NDArray[np.float64]) -> float | None:
        """AP@0.5 where each picture counts `weights` times; None where no box of the class is among them."""
        boxes = float(self.boxes @ weights)
        if not boxes:
            return None
        counted = weights[self.picture]
        hits = np.cumsum(counted * self.right)
        shown = np.cumsum(counted)
        precision = np.divide(hits, shown, out=np.zeros_like(hits), where=shown > 0)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        index = np.searchsorted(hits / boxes, _RECALLS)
        return float(np.append(envelope, 0.0)[index].mean())


def interval(pictures: Sequence[JudgedPicture], seed: int = 0) -> Interval | None:
    """The interval of mAP@0.5 over these pictures; the same for a seed.

    Returns:
        None where there is no true box.
    """
    classes = _classes(pictures)
    if not classes:
        return None
    random = np.random.default_rng(seed)
    chances = np.full(len(pictures), 1 / len(pictures))
    scores = []
    for weights in random.multinomial(len(pictures), chances, RESAMPLES).astype(np.float64):
        of_classes = [score for each in classes if (score := each.average_precision(weights)) is not None]
        if of_classes:
            scores.append(np.mean(of_classes))
    low, high = np.percentile(scores, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    return Interval(float(low), float(high))


def _classes(pictures: Sequence[JudgedPicture]) -> list[_Class]:
    """The classes that have a true box."""
    labels = sorted({box.label for judged in pictures for box in judged.picture.boxes})
    found = []
    for label in labels:
        detections = sorted(
            (
                (each.score, index, right)
                for index, judged in enumerate(pictures)
                for each, right in zip(judged.detections, judged.right, strict=True)
                if each.box.label == label
            ),
            key=lambda each: -each[0],
        )
        found.append(
            _Class(
                np.array([index for _score, index, _right in detections], np.intp),
                np.array([right for _score, _index, right in detections], np.float64),
                np.array([sum(box.label == label for box in judged.picture.boxes) for judged in pictures], np.float64),
            )
        )
    return found
