"""Where a rectangle of Label Studio's is in its picture."""

from __future__ import annotations

import math

from kit.annotations.formats.outlines import Edges
from kit.annotations.model import BoundingBox

# All that `round` does for a float, without looking up how.
_rounded = float.__round__


def edges(x: float, y: float, across: float, down: float, rotation: float | None, width: float, height: float) -> Edges:
    """Left, top, right and bottom of the upright rectangle around a stored one, in whole pixels.

    They are clipped to the picture, except of a rectangle with nothing inside it. Floats throughout, and no integers
    to compare them with, are what Python is quickest with.

    Args:
        x, y, across, down: the stored corner and size, in percent of the picture.
        rotation: in degrees clockwise about that corner.
        width, height: of the picture, in pixels.
    """
    left, across = x * width / 100.0, across * width / 100.0
    top, down = y * height / 100.0, down * height / 100.0
    right, bottom = left + across, top + down
    if rotation or across < 0.0 or down < 0.0:
        left, top, right, bottom = _upright(left, top, across, down, rotation or 0)
    if left < 0.0 or top < 0.0 or right > width or bottom > height:
        part = BoundingBox("", left, top, right, bottom).clipped(width, height)
        if part is not None:
            left, top, right, bottom = part.left, part.top, part.right, part.bottom
    return _rounded(left), _rounded(top), _rounded(right), _rounded(bottom)


def _upright(x: float, y: float, across: float, down: float, rotation: float) -> Edges:
    """The upright rectangle around one in pixels: percent of a picture that is not square do not rotate."""
    angle = math.radians(rotation)
    cosine, sine = math.cos(angle), math.sin(angle)
    corners = [(x + u * cosine - v * sine, y + u * sine + v * cosine) for u in (0.0, across) for v in (0.0, down)]
    return (
        min(corner[0] for corner in corners),
        min(corner[1] for corner in corners),
        max(corner[0] for corner in corners),
        max(corner[1] for corner in corners),
    )
