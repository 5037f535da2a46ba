"""What a reading took as something else than it is, and what it could not take: counted by kind, with the first place.

Nothing that a person labelled may disappear without being counted here: readers note it, and `check`, `convert` and
the run tell the same sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.language import _, marked

# Sentences; every one has a {count}.
TAKEN = marked("{kind}, taken as their bounding boxes: {count}")
NO_SHAPE = marked("answers of the kind {kind}, which have no box, left out: {count}")
NO_LABEL = marked("shapes without a label, left out: {count}; give them a label, or delete them")

# What the {kind} of TAKEN and NO_SHAPE can be, beside a format's own word.
POLYGONS, MASKS, ELLIPSES = marked("polygons"), marked("masks"), marked("ellipses")
ROTATED, CROWDS, LINES = marked("rotated boxes"), marked("crowd regions (iscrowd)"), marked("polylines")
POINTS = marked("points")


@dataclass(frozen=True, slots=True)
class Remark:
    """One kind of thing that was met.

    Attributes:
        line: where it was met first: line or element number, from 1; 0 for the file as a whole.
        text: with the count of all of its kind.
        lost: whether something that a person labelled is left out, or ought to be looked at.
    """

    line: int
    text: str
    count: int
    lost: bool


class Account:
    """Filled while the pictures of a stream are iterated; whole when they are."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, int]] = {}
        self._lost: set[str] = set()

    def note(self, sentence: str, line: int, count: int = 1, **what: str) -> None:
        """Count what was taken otherwise than it stands in the file.

        Args:
            sentence: `marked` for the catalogue, with places for `count` and for each of `what`.
        """
        key = (sentence, tuple(what.items()))
        first, before = self._met.get(key, (line, 0))
        self._met[key] = (first, before + count)

    def lose(self, sentence: str, line: int, count: int = 1, **what: str) -> None:
        """Count what is left out, or ought to be looked at; see `note`."""
        self._lost.add(sentence)
        self.note(sentence, line, count, **what)

    def remarks(self) -> Iterator[Remark]:
        """What was noted so far, in the order in which it was met."""
        for (sentence, what), (line, count) in self._met.items():
            words = {name: _(value) for name, value in what}
            yield Remark(line, _(sentence).format(count=count, **words), count, sentence in self._lost)
