"""A wall of cuts: every object of a class and every wrong detection, side by side, cut out of the held-out pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.detection.verdicts import IOU, NOTHING, JudgedPicture, intersection_over_union
from kit.report.gallery import LOWEST_SCORE

# Side of a cut: so many times the longer side of the box, and at least this part of the picture's width.
_AROUND, _LEAST = 1.7, 0.1
# Of a class's wrong detections so many are shown, the best scores.
MOST = 60


@dataclass(frozen=True)
class Cut:
    """A square part of a picture with one box on it, in pixels of the whole picture.

    Attributes:
        picture: index of the held-out picture.
        view: left, top and side of the square.
        box: left, top, width, height.
        score: of a detection; of a true box that of the detection that found it, None when none did.
        of: of a wrong detection the class that is there, `NOTHING` where none is; of a true box its own class.
    """

    picture: int
    name: str
    view: tuple[float, float, float]
    box: tuple[float, float, float, float]
    score: float | None
    of: str


@dataclass(frozen=True)
class Wall:
    """The cuts of one class; `true` are its objects, `wrong` what was taken for one."""

    label: str
    true: tuple[Cut, ...]
    wrong: tuple[Cut, ...]


def walls(pictures: Sequence[JudgedPicture], labels: Iterable[str]) -> list[Wall]:
    """The walls of the classes that have any cut, in the order of the labels."""
    found = [Wall(label, _true(pictures, label), _wrong(pictures, label)[:MOST]) for label in labels]
    return [wall for wall in found if wall.true or wall.wrong]


def _true(pictures: Sequence[JudgedPicture], label: str) -> tuple[Cut, ...]:
    cuts = [
        _cut(index, judged, (box.left, box.top, box.width, box.height), score, label)
        for index, judged in enumerate(pictures)
        for box, score in zip(judged.picture.boxes, judged.found_at, strict=True)
        if box.label == label
    ]
    return tuple(sorted(cuts, key=lambda cut: -1.0 if cut.score is None else cut.score))


def _wrong(pictures: Sequence[JudgedPicture], label: str) -> tuple[Cut, ...]:
    cuts = []
    for index, judged in enumerate(pictures):
        for each, right in zip(judged.detections, judged.right, strict=True):
            if right or each.box.label != label or each.score < LOWEST_SCORE:
                continue
            overlaps = [(intersection_over_union(box, each.box), box.label) for box in judged.picture.boxes]
            overlap, there = max(overlaps, default=(0.0, NOTHING))
            box = (each.box.left, each.box.top, each.box.width, each.box.height)
            cuts.append(_cut(index, judged, box, each.score, there if overlap >= IOU else NOTHING))
    return tuple(sorted(cuts, key=lambda cut: -(cut.score or 0.0)))


def _cut(
    index: int, judged: JudgedPicture, box: tuple[float, float, float, float], score: float | None, of: str
) -> Cut:
    left, top, width, height = box
    frame = judged.picture.width, judged.picture.height
    side = min(max(_AROUND * max(width, height), _LEAST * frame[0]), *frame)
    x, y = (
        max(0.0, min(start + length / 2 - side / 2, whole - side))
        for start, length, whole in zip((left, top), (width, height), frame, strict=True)
    )
    view, shown = (tuple(round(number, 1) for number in each) for each in ((x, y, side), box))
    return Cut(index, judged.picture.file_name, view, shown, score, of)  # type: ignore[arg-type]
