"""Labels spoiled in the five ways in which people's go wrong, by a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from msgspec.structs import replace

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection.suspects import Reason, Suspect
from kit.detection.verdicts import IOU, intersection_over_union

# Sloppy edges are each off by up to so much of the box's side, so that this much is left of it in common.
_OFF, _LEFT_IN_COMMON = 0.4, (0.4, 0.65)
# The second box around an object is drawn as carefully as people draw.
_CAREFUL = 0.1


@dataclass(frozen=True)
class Spoiled:
    """What was done: to a box as it is in the labels now, or, where it is missing, as it was."""

    picture: str
    reason: Reason
    box: BoundingBox

    def is_found_by(self, suspect: Suspect) -> bool:
        """Whether whoever looks at the suspect looks at this."""
        place = suspect.label or (suspect.found.box if suspect.found is not None else None)
        return suspect.picture == self.picture and place is not None and intersection_over_union(place, self.box) >= IOU


def spoil(
    pictures: Sequence[AnnotatedPicture], labels: Sequence[str], share: float, seed: int
) -> tuple[list[AnnotatedPicture], list[Spoiled]]:
    """The pictures with that share of their boxes spoiled, each in the next of the five ways, and what was done."""
    random = Random(seed)
    places = [(number, index) for number, picture in enumerate(pictures) for index in range(len(picture.boxes))]
    reasons = list(Reason)
    chosen = {
        place: reasons[(turn + seed) % len(reasons)]
        for turn, place in enumerate(random.sample(places, round(share * len(places))))
    }
    done: list[Spoiled] = []
    changed = []
    for number, picture in enumerate(pictures):
        boxes: list[BoundingBox] = []
        for index, box in enumerate(picture.boxes):
            reason = chosen.get((number, index))
            now, marked = _spoiled(box, reason, picture, labels, random) if reason else ([box], None)
            boxes += now
            if reason and marked is not None:
                done.append(Spoiled(picture.file_name, reason, marked))
        changed.append(replace(picture, boxes=tuple(boxes)))
    return changed, done


def _spoiled(
    box: BoundingBox, reason: Reason, picture: AnnotatedPicture, labels: Sequence[str], random: Random
) -> tuple[list[BoundingBox], BoundingBox]:
    """What stands in the box's place, and which of it is spoiled."""
    if reason is Reason.MISSING:
        return [], box
    if reason is Reason.CLASS:
        other = replace(box, label=random.choice([label for label in labels if label != box.label]))
        return [other], other
    if reason is Reason.EDGES:
        low, high = _LEFT_IN_COMMON
        sloppy = _until(
            lambda: _moved(box, _OFF, picture, random), lambda each: low <= intersection_over_union(each, box) <= high
        )
        return [sloppy], sloppy
    if reason is Reason.TWICE:
        second = _moved(box, _CAREFUL, picture, random)
        return [box, second], second
    extra = _until(
        lambda: _elsewhere(box, picture, random),
        lambda each: all(intersection_over_union(each, other) == 0 for other in picture.boxes),
    )
    extra = replace(extra, label=random.choice(list(labels)))
    return [box, extra], extra


def _until(draw: Callable[[], BoundingBox], fits: Callable[[BoundingBox], bool]) -> BoundingBox:
    while not fits(box := draw()):
        pass
    return box


def _moved(box: BoundingBox, by: float, picture: AnnotatedPicture, random: Random) -> BoundingBox:
    """The box with each edge moved by up to that part of its side, inside the picture."""
    across, down = by * box.width, by * box.height
    return BoundingBox(
        box.label,
        max(0.0, box.left + random.uniform(-across, across)),
        max(0.0, box.top + random.uniform(-down, down)),
        min(picture.width, box.right + random.uniform(-across, across)),
        min(picture.height, box.bottom + random.uniform(-down, down)),
    )


def _elsewhere(box: BoundingBox, picture: AnnotatedPicture, random: Random) -> BoundingBox:
    """A box of that size anywhere in the picture."""
    left, top = random.uniform(0, picture.width - box.width), random.uniform(0, picture.height - box.height)
    return BoundingBox(box.label, left, top, left + box.width, top + box.height)
