"""What can be wrong with the boxes of one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.selection import size_unknown
from kit.language import _

# Called with a line and what is wrong there.
Tell = Callable[[int, str], None]


def usable_labels(
    picture: AnnotatedPicture, width: int, height: int, known: Mapping[str, int], error: Tell, warning: Tell
) -> Iterator[str]:
    """The label of each box that has a part inside the picture.

    Args:
        width, height: of the picture in pixels; 0 where nobody knows them.
        known: the classes there may be.
    """
    if picture.boxes and not (width and height):
        error(picture.line, size_unknown(picture))
    for index, box in enumerate(picture.boxes, start=1):
        where = _("{file_name}: box {index} ({label})").format(
            file_name=picture.file_name, index=index, label=box.label
        )
        if box.label not in known:
            text = _("{where} is of an unknown class; known are {known}")
            error(picture.line, text.format(where=where, known=", ".join(known)))
        if box.width < 0 or box.height < 0:
            text = _("{where} is inverted: {box}; is its right or bottom edge a width or height?")
            warning(picture.line, text.format(where=where, box=_shown(box)))
            continue
        if not (box.width and box.height):
            warning(picture.line, _("{where} is empty: {box}").format(where=where, box=_shown(box)))
            continue
        part = box.clipped(width, height) if width and height else box
        if part is not None:
            yield box.label
        if part != box:
            text = _("{where} reaches outside the picture of {width}x{height}: {box}")
            if part is None:
                text = _("{where} is outside the picture of {width}x{height}: {box}")
            warning(picture.line, text.format(where=where, width=width, height=height, box=_shown(box)))


def _shown(box: BoundingBox) -> str:
    return _("left {left:g}, top {top:g}, right {right:g}, bottom {bottom:g}").format(
        left=box.left, top=box.top, right=box.right, bottom=box.bottom
    )
