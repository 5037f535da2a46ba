"""Which detections are right: one by one, for people to look at; the score (`kit.detection.scoring`) is pycocotools'.

A detection is right when it overlaps a true box of its own class at IoU 0.5 or more that no better-scored detection has
taken: COCO's rule (https://cocodataset.org/#detection-eval). Whether it is right does not depend on where scores are
cut off, so that a reader can move the threshold and every verdict stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection.response import Detection

IOU = 0.5
# In the confusion: of a true box that was not found, and of a detection where nothing is.
NOTHING = ""


@dataclass(frozen=True)
class JudgedPicture:
    """A picture with the verdicts on it.

    Attributes:
        found_at: for each true box the score of the detection that found it, None when none did.
        detections: the best score first.
        right: for each detection whether it is.
    """

    picture: AnnotatedPicture
    found_at: tuple[float | None, ...]
    detections: tuple[Detection, ...]
    right: tuple[bool, ...]

    def mistakes(self, threshold: float) -> int:
        """Wrong detections and missed boxes when detections below `threshold` do not count."""
        wrong = sum(
            not right and each.score >= threshold for each, right in zip(self.detections, self.right, strict=True)
        )
        return wrong + sum(score is None or score < threshold for score in self.found_at)


@dataclass(frozen=True)
class Operating:
    """How a set of pictures looks when detections below `threshold` do not count; all in 0..1."""

    threshold: float
    precision: float
    recall: float
    f1: float


def judge(picture: AnnotatedPicture, detections: Iterable[Detection]) -> JudgedPicture:
    """The verdicts on one picture."""
    ranked = tuple(sorted(detections, key=lambda each: -each.score))
    found_at: list[float | None] = [None] * len(picture.boxes)
    right = []
    for each in ranked:
        free = [
            index for index, box in enumerate(picture.boxes) if found_at[index] is None and box.label == each.box.label
        ]
        match = _best(each.box, picture.boxes, free)
        right.append(match is not None)
        if match is not None:
            found_at[match] = each.score
    return JudgedPicture(picture, tuple(found_at), ranked, tuple(right))


def best_operating(pictures: Iterable[JudgedPicture]) -> Operating | None:
    """Where F1, the harmonic mean of precision and recall over all classes, is highest, in steps of 0.01.

    Returns:
        None when there is no true box; the lower of two equally good thresholds.
    """
    right: list[float] = []
    wrong: list[float] = []
    boxes = 0
    for picture in pictures:
        boxes += len(picture.found_at)
        for each, is_right in zip(picture.detections, picture.right, strict=True):
            (right if is_right else wrong).append(each.score)
    if not boxes:
        return None
    return max((_operating(step / 100, right, wrong, boxes) for step in range(1, 100)), key=lambda each: each.f1)


def _operating(threshold: float, right: Sequence[float], wrong: Sequence[float], boxes: int) -> Operating:
    hits = sum(score >= threshold for score in right)
    shown = hits + sum(score >= threshold for score in wrong)
    return Operating(
        threshold,
        precision=hits / shown if shown else 0.0,
        recall=hits / boxes,
        f1=2 * hits / (shown + boxes),
    )


def confusion(pictures: Iterable[JudgedPicture], threshold: float) -> Counter[tuple[str, str]]:
    """How often a box of one class (first) was found as another (second).

    The verdicts hold: what is right stands on the diagonal, so that its sum, that of the rest of the columns and that
    of the rest of the rows are how many detections are right, how many wrong, and how many boxes are missed. A wrong
    detection is put to the missed box that it overlaps most. `NOTHING` is first where there is none, second where a
    missed box has no detection.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for judged in pictures:
        boxes = judged.picture.boxes
        missed = [index for index, score in enumerate(judged.found_at) if score is None or score < threshold]
        counts.update((boxes[index].label,) * 2 for index in set(range(len(boxes))).difference(missed))
        for each, right in zip(judged.detections, judged.right, strict=True):
            if right or each.score < threshold:
                continue
            match = _best(each.box, boxes, missed)
            if match is None:
                counts[NOTHING, each.box.label] += 1
            else:
                missed.remove(match)
                counts[boxes[match].label, each.box.label] += 1
        counts.update((boxes[index].label, NOTHING) for index in missed)
    return counts


def intersection_over_union(one: BoundingBox, other: BoundingBox) -> float:
    """IoU of the two rectangles, 0..1."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (one.width * one.height + other.width * other.height - both)


def _best(found: BoundingBox, boxes: Sequence[BoundingBox], among: Sequence[int]) -> int | None:
    """The one of those boxes that the found one overlaps most, if enough."""
    overlaps = [(intersection_over_union(boxes[index], found), -index) for index in among]
    overlap, index = max(overlaps, default=(0.0, 0))
    return -index if overlap >= IOU else None
