"""What people draw in Label Studio, and the bounding box of each: rectangles, ellipses, outlines, masks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kit.annotations.account import ELLIPSES, LINES, MASKS, POLYGONS, ROTATED, TAKEN, Account
from kit.annotations.formats.label_studio_boxes import edges
from kit.annotations.formats.outlines import Edges, around, around_ellipse
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import number, sequence, shown
from kit.language import _

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SHAPES = ("rectangle", "ellipse", "polygon", "brush", "vector", "bitmask")
# What the value of each has: any of these says that it is one.
_KEYS = ("width", "radiusX", "points", "vertices", "imageDataURL")
_MOST_VALUES = 400_000_000


def has_shape(result: Mapping[str, Any]) -> bool:
    """Whether a result has a place in the picture that has a bounding box."""
    value, kind = result.get("value"), str(result.get("type", ""))
    if not isinstance(value, dict) or kind.startswith("keypoint"):
        return False
    return kind.startswith(_SHAPES) or any(key in value for key in _KEYS)


def edges_of_shape(result: Mapping[str, Any], width: int, height: int, line: int, account: Account) -> Edges:
    """Left, top, right and bottom of the upright rectangle around a shape, in whole pixels, clipped to the picture.

    Raises:
        MalformedError: it lacks what its kind has.
    """
    value = result["value"]
    if value.get("format") == "rle":
        account.note(TAKEN, line, kind=MASKS)
        return _around_brush(value.get("rle"), width, height)
    if "imageDataURL" in value:
        account.note(TAKEN, line, kind=MASKS)
        return _around_bitmask(value["imageDataURL"], width, height)
    across, down = float(width), float(height)
    rotation = number(value.get("rotation") or 0, "rotation")
    if "radiusX" in value:
        x, y, radius_x, radius_y = (_number(value, key) for key in ("x", "y", "radiusX", "radiusY"))
        account.note(TAKEN, line, kind=ELLIPSES)
        found = around_ellipse(
            x * across / 100, y * down / 100, radius_x * across / 100, radius_y * down / 100, rotation
        )
        return _percent(found, across, down)
    if "points" in value or "vertices" in value:
        name = "points" if "points" in value else "vertices"
        points = [_point(point, across, down) for point in sequence(value[name], name)]
        if not points:
            raise MalformedError(_("a polygon has no points"))
        account.note(TAKEN, line, kind=POLYGONS if name == "points" else LINES)
        return _percent(around(points), across, down)
    if rotation % 90:
        account.note(TAKEN, line, kind=ROTATED)
    x, y, wide, high = (_number(value, key) for key in ("x", "y", "width", "height"))
    return edges(x, y, wide, high, rotation, across, down)


def _percent(found: Edges, width: float, height: float) -> Edges:
    """Edges in pixels, clipped and rounded as those of rectangles are."""
    left, top, right, bottom = found
    x, y = left * 100 / width, top * 100 / height
    return edges(x, y, right * 100 / width - x, bottom * 100 / height - y, 0, width, height)


def _number(value: Mapping[str, Any], key: str) -> float:
    if key not in value:
        raise MalformedError(_("{value} has no {key}").format(value=shown(dict(value)), key=repr(key)))
    return number(value[key], key)


def _point(point: Any, width: float, height: float) -> tuple[float, float]:
    # A point of a vector is an object, with more in it.
    pair = [point.get("x"), point.get("y")] if isinstance(point, dict) else sequence(point, "points")
    if len(pair) != 2:
        raise MalformedError(_("points has {value}, not [x, y]").format(value=shown(pair)))
    return number(pair[0], "x") * width / 100, number(pair[1], "y") * height / 100


def _around_brush(packed: Any, width: int, height: int) -> Edges:
    """Around what a brush covered: run lengths of Label Studio's own; of a pixel's four bytes the last counts."""
    # Numpy, Pillow and most of the SDK come with it: only where somebody used a brush.
    from label_studio_sdk.converter.brush import decode_rle

    values = sequence(packed, "rle")
    if not all(type(value) is int and 0 <= value < 256 for value in values):
        raise MalformedError(_("rle is {value}, not a list of bytes").format(value=shown(values)))
    size = int.from_bytes(bytes(values[:4]), "big")
    if size != width * height * 4 or size > _MOST_VALUES:
        raise MalformedError(_("its brush stroke is of another size than the picture"))
    try:
        alpha = decode_rle(values)[3::4].reshape(height, width) > 0
    except (ValueError, IndexError) as error:
        raise MalformedError(_("its brush stroke cannot be unpacked")) from error
    return _around_covered(alpha)


def _around_bitmask(address: Any, width: int, height: int) -> Edges:
    """Around the mask of a BitMask tag, a PNG as a data address: what is not transparent, or in grey not black."""
    import cv2

    from kit.annotations.picture_conversion import decoded

    try:
        content = base64.b64decode(str(address).partition(",")[2], validate=True)
    except ValueError:
        content = b""
    pixels = decoded(content, cv2.IMREAD_UNCHANGED) if content else None
    if pixels is None or pixels.shape[:2] != (height, width):
        raise MalformedError(_("its mask is no picture, or of another size than the picture"))
    return _around_covered(pixels[..., -1] > 0 if pixels.ndim == 3 else pixels > 0)


def _around_covered(covered: npt.NDArray[np.bool_]) -> Edges:
    import numpy as np

    rows, columns = np.nonzero(covered)
    if not len(rows):
        raise MalformedError(_("its mask covers nothing"))
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
