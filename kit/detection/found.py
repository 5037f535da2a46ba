"""What was found on pictures, as JSON lines: kept while a detection goes on, and what other formats are written from.

    {"picture": "a/b.jpg", "width": 640, "height": 480,
     "detections": [{"label": "usb-a", "score": 0.93, "left": 12.5, "top": 30.0, "width": 80.1, "height": 41.0}]}

Boxes are pixels of the upright picture. A frame of a film has its number, from 0, and its time besides:
`"frame": 12, "seconds": 0.48`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

import msgspec
from msgspec import Struct

from kit.annotations.model import AnnotatedPicture, ScoredBox
from kit.detection.response import Detection


class FoundBox(Struct, frozen=True):
    """One detection, in pixels of the upright picture."""

    label: str
    score: float
    left: float
    top: float
    width: float
    height: float


class FoundPicture(Struct, frozen=True, omit_defaults=True):
    """A picture and what was found on it, the best score first.

    Attributes:
        picture: as it was given: a path, or what a film or a stream is called.
        frame: its number in a film or a stream, from 0.
        seconds: of that frame, from the film's beginning.
    """

    picture: str
    width: int
    height: int
    detections: tuple[FoundBox, ...]
    frame: int | None = None
    seconds: float | None = None


_DECODER = msgspec.json.Decoder(FoundPicture)


def found_boxes(detections: Sequence[Detection]) -> tuple[FoundBox, ...]:
    """The detections as JSON lines have them."""
    return tuple(
        FoundBox(each.box.label, each.score, each.box.left, each.box.top, each.box.width, each.box.height)
        for each in detections
    )


def line_of(found: FoundPicture) -> bytes:
    """The line of a picture, with its end."""
    return msgspec.json.encode(found) + b"\n"


def read_lines(path: Path) -> Iterator[FoundPicture]:
    """The pictures of a file that `line_of` wrote."""
    with path.open("rb") as file:
        for line in file:
            yield _DECODER.decode(line)


def annotated(found: FoundPicture, line: int) -> AnnotatedPicture:
    """The picture as annotation formats have it; a frame is one of a file name of its own."""
    boxes = tuple(
        ScoredBox(each.label, each.left, each.top, each.left + each.width, each.top + each.height, each.score)
        for each in found.detections
    )
    return AnnotatedPicture(source_of(found), found.width, found.height, boxes, line=line)


def source_of(found: FoundPicture) -> str:
    """Where the picture is; of a frame, the name that it would have as a file beside its film."""
    if found.frame is None:
        return found.picture
    path = PurePath(found.picture)
    return str(path.with_name(f"{path.stem or path.name}-{found.frame:06d}.jpg"))
