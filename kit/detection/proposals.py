"""Boxes that a model proposes to whoever labels: what of its detections, and which pictures first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kit.annotations.model import AnnotatedPicture
from kit.detection import verdicts
from kit.detection.response import Detection
from kit.detection.verdicts import intersection_over_union

# Two boxes that overlap so much are of one object, and one of them would have to be deleted.
_SAME_OBJECT = 0.5
# Where nothing is known that could be chosen by.
_ORDINARY_THRESHOLD = 0.4


@dataclass(frozen=True)
class Proposal:
    """What is proposed on a picture.

    Attributes:
        detections: the best score first, no two of one object.
        certainty: 0..1, how sure the model is; those who label get the least certain pictures first.
    """

    detections: tuple[Detection, ...]
    certainty: float


def threshold(pictures: Iterable[AnnotatedPicture], detections: Mapping[str, Sequence[Detection]]) -> float:
    """The lowest score that is worth proposing: where F1 is best.

    Args:
        detections: by the file name of the picture, of models that have not learned from it.
    """
    best = verdicts.best_operating(
        verdicts.judge(picture, detections.get(picture.file_name, ())) for picture in pictures
    )
    return best.threshold if best is not None else _ORDINARY_THRESHOLD


def proposal(detections: Iterable[Detection], labels: Sequence[str], threshold: float) -> Proposal:
    """What of the detections on a picture is proposed.

    Args:
        labels: the classes that may be labelled; the model may know others.
    """
    kept: list[Detection] = []
    for each in sorted(detections, key=lambda each: -each.score):
        if each.score < threshold or each.box.label not in labels:
            continue
        if all(intersection_over_union(each.box, other.box) < _SAME_OBJECT for other in kept):
            kept.append(each)
    # Where it sees nothing it is as far from knowing as can be.
    certainty = sum(each.score for each in kept) / len(kept) if kept else 0.0
    return Proposal(tuple(kept), certainty)
