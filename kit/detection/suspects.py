"""Labels worth another look: where a model that has not learned from a label disagrees with it, the worst first.

Five ways in which labels go wrong are told apart: a box is missing, one is too many, of another class, of sloppy edges,
or around an object that has one already. The idea is that of confident learning for object detection (Tkachenko et
al., ObjectLab, arXiv:2309.00832): every label is weighed by what was found where it is, and where none is.
"""

from __future__ import annotations

import enum
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.detection.response import Detection
from kit.detection.verdicts import intersection_over_union

# A label and something found belong together from here up; what fits worse is about another object.
_SAME_OBJECT = 0.2
# Two labels that overlap so much are around one object.
_TWICE = 0.6
# How far the edges of a label are off, in deviations of all labels' from what was found: up to the first they are as
# people draw, and from the second on as bad as can be.
_CARELESS, _SLOPPY = 1.5, 3.5
# Of a score beside the usual one: below the first it says that nothing is there, and the second has what is unsure
# come after what is sure.
_HARDLY_ANY, _SURENESS = 0.5, 1.5
# The deviation of normally distributed numbers in median absolute deviations.
_DEVIATION = 1.4826


class Reason(enum.Enum):
    """Why a label is worth another look."""

    MISSING = "missing"
    EXTRA = "extra"
    CLASS = "class"
    EDGES = "edges"
    TWICE = "twice"


@dataclass(frozen=True)
class Suspect:
    """A label, or the lack of one, with how much speaks against it.

    Attributes:
        picture: its file name.
        suspicion: 0..1, for the order.
        label: None where one is missing.
        found: what the model has there; None where that is nothing.
    """

    picture: str
    reason: Reason
    suspicion: float
    label: BoundingBox | None
    found: Detection | None


def ranked(pictures: Iterable[AnnotatedPicture], detections: Mapping[str, Sequence[Detection]]) -> list[Suspect]:
    """Every label of the labelled pictures, and every find without one, the most suspicious first.

    Scores and edges are weighed by what is usual on these pictures, and classes by how often each is found and
    labelled: a model that has learned from few pictures is neither as sure nor as even-handed as one that has from
    many.

    Args:
        detections: by the file name of the picture, of a model that has not learned from it.
    """
    looked_at = [
        _LookedAt.of(picture, detections.get(picture.file_name, ()))
        for picture in pictures
        if picture.state is LabelState.LABELLED
    ]
    usual = _Usual.of(looked_at)
    suspects = [suspect for each in looked_at for suspect in _of(each, usual)]
    return sorted(suspects, key=lambda each: -each.suspicion)


@dataclass(frozen=True)
class _Find:
    """A place where something was found: the score there of each class that it may be."""

    box: BoundingBox
    scores: Mapping[str, float]

    @property
    def shares(self) -> Mapping[str, float]:
        """How likely each class is, in 0..1 of all; a score is about the square root of that."""
        whole = sum(score**2 for score in self.scores.values())
        return {name: score**2 / whole for name, score in self.scores.items()}

    @property
    def best(self) -> Detection:
        label = max(self.scores, key=lambda each: self.scores[each])
        box = self.box
        return Detection(BoundingBox(label, box.left, box.top, box.right, box.bottom), self.scores[label])


def _finds(detections: Iterable[Detection]) -> list[_Find]:
    """A model has a detection for each class that an object may be, all with the same edges."""
    places: dict[tuple[float, float, float, float], dict[str, float]] = {}
    for each in detections:
        box = each.box
        places.setdefault((box.left, box.top, box.right, box.bottom), {}).setdefault(box.label, each.score)
    return [_Find(BoundingBox("", *edges), scores) for edges, scores in places.items()]


@dataclass(frozen=True)
class _LookedAt:
    """A picture with what was found on it.

    Attributes:
        matches: for labels, by their index, what was found where they are.
        twice: the labels around an object that another fits better, by their index.
        unlabelled: what was found where no label is.
    """

    picture: AnnotatedPicture
    matches: Mapping[int, _Find]
    twice: frozenset[int]
    unlabelled: Sequence[_Find]

    @classmethod
    def of(cls, picture: AnnotatedPicture, detections: Iterable[Detection]) -> _LookedAt:
        labels, finds = picture.boxes, _finds(detections)
        unlabelled = [
            find for find in finds if all(intersection_over_union(find.box, label) < _SAME_OBJECT for label in labels)
        ]
        return cls(picture, _matched(labels, finds), _twice(labels, finds), unlabelled)

    @property
    def pairs(self) -> list[tuple[BoundingBox, _Find]]:
        """The labels with what was found where they are, those that are there twice left out."""
        return [(self.picture.boxes[index], each) for index, each in self.matches.items() if index not in self.twice]


@dataclass(frozen=True)
class _Usual:
    """What labels and finds are like that belong together.

    Attributes:
        score: the median of the best scores.
        overlap, deviation: the median of IoU, and how far it mostly is off.
        weights: by class how much rarer it is found than labelled.
    """

    score: float
    overlap: float
    deviation: float
    weights: Mapping[str, float]

    @classmethod
    def of(cls, looked_at: Iterable[_LookedAt]) -> _Usual:
        pairs = [pair for each in looked_at for pair in each.pairs]
        if not pairs:
            return cls(1.0, 1.0, 1.0, {})
        overlaps = [intersection_over_union(label, find.box) for label, find in pairs]
        middle = statistics.median(overlaps)
        deviation = _DEVIATION * statistics.median(abs(each - middle) for each in overlaps)
        labelled, found = Counter(label.label for label, _find in pairs), Counter[str]()
        for _label, find in pairs:
            found.update(find.shares)
        # One more of each, so that a class of which nothing is found does not outweigh all.
        weights = {label: (count + 1) / (found[label] + 1) for label, count in labelled.items()}
        score = statistics.median(find.best.score for _label, find in pairs)
        return cls(score, middle, max(deviation, 0.01), weights)

    def sureness(self, find: _Find) -> float:
        """0..1, how sure the model is of it beside how sure it usually is."""
        return float(min(1.0, find.best.score / self.score) ** _SURENESS)


def _of(looked_at: _LookedAt, usual: _Usual) -> Iterator[Suspect]:
    name = looked_at.picture.file_name
    for index, label in enumerate(looked_at.picture.boxes):
        find = looked_at.matches.get(index)
        if index in looked_at.twice:
            yield Suspect(name, Reason.TWICE, 1.0, label, None)
        elif find is None:
            yield Suspect(name, Reason.EXTRA, 1.0, label, None)
        else:
            yield _compared(name, label, find, usual)
    for find in looked_at.unlabelled:
        yield Suspect(name, Reason.MISSING, usual.sureness(find), None, find.best)


def _compared(picture: str, label: BoundingBox, find: _Find, usual: _Usual) -> Suspect:
    """A label beside what was found where it is, by what is worst about it."""
    shares = {name: share * usual.weights.get(name, 1.0) for name, share in find.shares.items()}
    others = max((share for name, share in shares.items() if name != label.label), default=0.0)
    off = (usual.overlap - intersection_over_union(label, find.box)) / usual.deviation
    faults = {
        Reason.CLASS: others / sum(shares.values()) * usual.sureness(find),
        Reason.EDGES: min(1.0, max(0.0, (off - _CARELESS) / (_SLOPPY - _CARELESS))),
        Reason.EXTRA: max(0.0, 1 - find.best.score / usual.score / _HARDLY_ANY),
    }
    worst = max(faults, key=lambda reason: faults[reason])
    return Suspect(picture, worst, faults[worst], label, None if worst is Reason.EXTRA else find.best)


def _matched(labels: Sequence[BoundingBox], finds: Sequence[_Find]) -> dict[int, _Find]:
    """For each label, by its index, what was found where it is: every find for one label, the best pairs first."""
    pairs = sorted(
        (
            (overlap * find.best.score, index, number)
            for index, label in enumerate(labels)
            for number, find in enumerate(finds)
            if (overlap := intersection_over_union(label, find.box)) >= _SAME_OBJECT
        ),
        reverse=True,
    )
    matched: dict[int, _Find] = {}
    taken = set()
    for _weight, index, number in pairs:
        if index not in matched and number not in taken:
            matched[index] = finds[number]
            taken.add(number)
    return matched


def _twice(labels: Sequence[BoundingBox], finds: Sequence[_Find]) -> frozenset[int]:
    """The labels, by their index, around an object that another label fits better."""
    twice: set[int] = set()
    for index, label in enumerate(labels):
        for other_index, other in enumerate(labels[:index]):
            if intersection_over_union(label, other) >= _TWICE:
                fit, other_fit = (
                    max((intersection_over_union(each, find.box) for find in finds), default=0.0)
                    for each in (label, other)
                )
                twice.add(index if fit <= other_fit else other_index)
    return frozenset(twice)
