"""The bounding boxes of outlines: polygons, and masks in COCO's run-length code.

Masks are read here rather than by pycocotools, whose C code believes every length that a file states.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import number, sequence, shown
from kit.language import _

# left, top, right, bottom
Edges = tuple[float, float, float, float]


def around(points: Sequence[tuple[float, float]]) -> Edges:
    """The upright rectangle around points; there has to be one."""
    across, down = [point[0] for point in points], [point[1] for point in points]
    return min(across), min(down), max(across), max(down)


def turned(edges: Edges, degrees: float) -> Edges:
    """The upright rectangle around one that is turned clockwise about its centre."""
    left, top, right, bottom = edges
    x, y = (left + right) / 2, (top + bottom) / 2
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [
        (x + u * cosine - v * sine, y + u * sine + v * cosine)
        for u in ((left - right) / 2, (right - left) / 2)
        for v in ((top - bottom) / 2, (bottom - top) / 2)
    ]
    return around(corners)


def around_ellipse(x: float, y: float, across: float, down: float, degrees: float) -> Edges:
    """The upright rectangle around an ellipse of these half axes, turned clockwise about its centre."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    width, height = math.hypot(across * cosine, down * sine), math.hypot(across * sine, down * cosine)
    return x - width, y - height, x + width, y + height


def around_polygons(polygons: Any) -> Edges | None:
    """Around COCO's polygons, `[[x, y, x, y, …], …]`, or one without the outer brackets; None where there is no point.

    Raises:
        MalformedError: they are not that.
    """
    points = []
    found = sequence(polygons, "segmentation")
    for polygon in [found] if found and isinstance(found[0], (int, float)) else found:
        values = [number(value, "segmentation") for value in sequence(polygon, "segmentation")]
        points += list(zip(values[::2], values[1::2], strict=False))
    return around(points) if points else None


def around_mask(mask: Mapping[str, Any]) -> Edges | None:
    """Around COCO's run-length code, `{"size": [height, width], "counts": …}`; None where nothing is covered.

    The counts are of pixels without and with the mask in turn, down one column after the other: numbers, or the text
    that pycocotools packs them into.

    Raises:
        MalformedError: it is not that.
    """
    size, counts = sequence(mask.get("size"), "size"), mask.get("counts")
    if len(size) != 2 or not all(type(side) is int and 0 < side < 2**31 for side in size):
        raise MalformedError(_("size is {value}, not [height, width]").format(value=shown(size)))
    height, width = size
    runs = _unpacked(counts) if isinstance(counts, str) else _checked(sequence(counts, "counts"))
    ends, end = [0], 0
    for run in runs:
        end = min(end + run, height * width)
        ends.append(end)
    covered = [(begin, stop) for begin, stop in list(pairwise(ends))[1::2] if stop > begin]
    if not covered:
        return None
    columns = [(begin // height, (stop - 1) // height) for begin, stop in covered]
    # A run into the next column reaches the bottom of one and the top of the other.
    rows = [
        (begin % height, (stop - 1) % height) if first == last else (0, height - 1)
        for (begin, stop), (first, last) in zip(covered, columns, strict=True)
    ]
    return (
        columns[0][0],
        min(top for top, _bottom in rows),
        columns[-1][1] + 1,
        max(bottom for _top, bottom in rows) + 1,
    )


def _checked(counts: Sequence[Any]) -> Iterator[int]:
    for count in counts:
        if type(count) is not int or count < 0:
            raise MalformedError(_("counts has {value}, not a number of pixels").format(value=shown(count)))
        yield count


def _unpacked(packed: str) -> Iterator[int]:
    """The counts of pycocotools' text: five bits a character from 48 on, the sixth says that more follow; from the
    third count on, the difference to the one before the last.
    """
    counts: list[int] = []
    value = shift = 0
    for character in packed:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 50:
            raise MalformedError(_("counts is {value}, not packed run lengths").format(value=shown(packed)))
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(max(0, value + (counts[-2] if len(counts) > 2 else 0)))
        value = shift = 0
    return iter(counts)
