"""Remarks on single pictures of a run: converted, mended, left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.language import _

# So many are named in one sentence.
_MOST_TOLD = 10


@dataclass(frozen=True)
class Remark:
    """A remark on one picture.

    Attributes:
        picture: its path below the folder of the pictures, as `RunPicture.shown`.
        boxes: how many labelled boxes are left out with it.
    """

    picture: str
    text: str
    boxes: int = 0

    def __str__(self) -> str:
        boxes = _(" (labelled boxes: {count})").format(count=self.boxes) if self.boxes else ""
        return f"{self.picture}: {self.text}{boxes}"


def told(remarks: Sequence[Remark]) -> str:
    """Remarks as one text, the first of them when there are many."""
    more = len(remarks) - _MOST_TOLD
    return "; ".join(
        [*map(str, remarks[:_MOST_TOLD]), *([_("and {count} more").format(count=more)] if more > 0 else [])]
    )
