"""The one data model all annotation formats are read into and written from.

Coordinates are pixels of the picture as it is shown upright (EXIF orientation applied), origin in the top left corner,
in the order left, top, right, bottom; `right` and `bottom` are exclusive edges, so width = right - left.
Everything is immutable, and a data set is a stream: no format holds more than a picture at a time in memory. There
are millions of boxes and pictures, so they are structs of msgspec's, made several times as fast as frozen dataclasses.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from kit.annotations.account import Account
from kit.language import marked

# Label Studio keeps an uploaded file as upload/<project>/<first 8 hex digits of a UUID>-<name>.
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")


class BoundingBox(Struct, frozen=True, gc=False):
    """One labelled rectangle. Readers keep what the file says, even outside the picture: `check` reports it."""

    label: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def clipped(self, width: float, height: float) -> BoundingBox | None:
        """The part inside a picture of `width` x `height` pixels, or None when nothing of it is."""
        left, top = max(0.0, self.left), max(0.0, self.top)
        right, bottom = min(width, self.right), min(height, self.bottom)
        if right <= left or bottom <= top:
            return None
        return BoundingBox(self.label, left, top, right, bottom)


class ScoredBox(BoundingBox, frozen=True, gc=False):
    """A box that a model found, and its `score` in 0..1; formats that have a place for that keep it."""

    score: float


class LabelState(enum.Enum):
    """What became of a picture in labelling."""

    LABELLED = marked("labelled")  # boxes hold, even if there are none ("nothing here")
    UNLABELLED = marked("unlabelled")  # nobody has answered yet, or only a draft exists
    SKIPPED = marked("skipped")  # a person declined to answer
    FAILED = marked("failed")  # the service gave up; `reason` says why


class AnnotatedPicture(Struct, frozen=True, gc=False):
    """A picture and its boxes.

    Attributes:
        source: where the picture is, as the file said: an S3 URI, a path or a bare file name.
        width, height: pixels; 0 when the file does not say (a Ground Truth line that nobody labelled).
        line: where in its file this came from (line or element number, from 1), for messages.
        name: what it is called where its file is known, below the folder of the pictures: `a/b.jpg`.
    """

    source: str
    width: int
    height: int
    boxes: tuple[BoundingBox, ...] = ()
    state: LabelState = LabelState.LABELLED
    reason: str = ""
    line: int = 0
    name: str = ""

    @property
    def file_name(self) -> str:
        """What pictures are matched by: `name`, or the last part of `source` without Label Studio's prefix."""
        if self.name:
            return self.name
        source = self.source.replace("\\", "/") if "\\" in self.source else self.source
        name = source.rpartition("/")[2]
        return _UPLOADED.sub("", name) if "/data/upload/" in source else name


@dataclass(frozen=True)
class AnnotationStream:
    """A data set being read: its classes, in class-id order, and its pictures, to be iterated once.

    Attributes:
        account: what of the file is not as it is in `pictures`, or not in them; whole when these were iterated.
    """

    labels: tuple[str, ...]
    pictures: Iterator[AnnotatedPicture] = field(repr=False)
    account: Account = field(default_factory=Account, repr=False, compare=False)
