"""The figures that `kit.detection.scoring` makes: plain data, so that reading them takes no NumPy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassScore:
    """One class.

    Attributes:
        boxes: true boxes; the rest is None where there are none.
        ap50: average precision at IoU 0.5.
        ap: average precision, mean over IoU 0.50, 0.55, … 0.95.
        precision: the precision-recall curve at IoU 0.5: precision at recall 0.00, 0.01, … 1.00 (101 values).
    """

    label: str
    boxes: int
    ap50: float | None
    ap: float | None
    precision: tuple[float, ...] | None


@dataclass(frozen=True)
class Scores:
    """A whole data set.

    Attributes:
        map50: mAP@0.5: the mean of `ap50` over the classes that have true boxes.
        map: mAP@[.5:.95]: the mean of `ap` over them.
        classes: in the order of the labels.
    """

    pictures: int
    boxes: int
    map50: float
    map: float
    classes: tuple[ClassScore, ...]
