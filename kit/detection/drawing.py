"""Boxes on pictures, by OpenCV. Pure functions: the array that comes in is left as it is.

Pictures are uint8 arrays, height x width x 3, blue-green-red (`kit.detection.picture`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from kit.annotations.model import BoundingBox
from kit.detection import captions
from kit.detection.captions import Rectangle
from kit.detection.picture import Picture
from kit.detection.response import Detection

Colour = tuple[int, int, int]

# Okabe and Ito's colours (https://jfly.uni-koeln.de/color/), told apart with every kind of colour vision; in BGR.
_PALETTE: tuple[Colour, ...] = (
    (0, 159, 230),  # orange
    (178, 114, 0),  # blue
    (115, 158, 0),  # bluish green
    (167, 121, 204),  # reddish purple
    (0, 94, 213),  # vermillion
    (233, 180, 86),  # sky blue
    (66, 228, 240),  # yellow
)
_UNKNOWN: Colour = (160, 160, 160)
_BLACK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)

# The one of OpenCV's built-in fonts that has Chinese, Japanese and Korean letters as well.
_FONT = "uni"
_LONGEST_TEXT = 120

# Farther out of the frame than any line is thick.
_BEYOND = 200.0

# Fractional bits of the coordinates given to OpenCV, which draws between the pixels then.
_SHIFT = 4


def draw_detections(
    picture: Picture, detections: Sequence[Detection], labels: Sequence[str], truth: Sequence[BoundingBox] = ()
) -> Picture:
    """A new picture with each detection's box, class and score, and the true boxes dashed in white.

    Args:
        labels: all classes: their order gives the colours, so that a class has one colour in every picture.
    """
    canvas = picture.copy()
    stroke = _Stroke.of(picture)
    for box in truth:
        _dashed(canvas, (box.left, box.top, box.right, box.bottom), stroke)
    # The best last, on top.
    tags = [
        _Tag(
            (each.box.left, each.box.top, each.box.right, each.box.bottom),
            f"{each.box.label} {each.score:.2f}",
            colour_of(each.box.label, labels),
        )
        for each in sorted(detections, key=lambda each: each.score)
    ]
    _draw(canvas, tags, stroke)
    return canvas


def draw_boxes(picture: Picture, boxes: Sequence[BoundingBox], labels: Sequence[str]) -> Picture:
    """A new picture with each labelled box and its class.

    Args:
        labels: all classes: their order gives the colours.
    """
    canvas = picture.copy()
    tags = [_Tag((box.left, box.top, box.right, box.bottom), box.label, colour_of(box.label, labels)) for box in boxes]
    _draw(canvas, tags, _Stroke.of(picture))
    return canvas


def colour_of(label: str, labels: Sequence[str]) -> Colour:
    """The colour of a class, blue-green-red; grey for one that is not in `labels`."""
    return _PALETTE[labels.index(label) % len(_PALETTE)] if label in labels else _UNKNOWN


@dataclass(frozen=True)
class _Tag:
    box: Rectangle
    text: str
    colour: Colour


@dataclass(frozen=True)
class _Stroke:
    """Thickness of lines and height of letters, in pixels: the same to the eye on a small picture and a large one."""

    line: int
    letter: int

    @classmethod
    def of(cls, picture: Picture) -> _Stroke:
        side = min(picture.shape[:2])
        return cls(line=max(2, round(side / 240)), letter=max(9, round(side / 28)))


def _draw(canvas: Picture, tags: Sequence[_Tag], stroke: _Stroke) -> None:
    for tag in tags:
        # The dark edge keeps a box visible on a background of its own colour.
        _rectangle(canvas, tag.box, _BLACK, stroke.line + 2)
        _rectangle(canvas, tag.box, tag.colour, stroke.line)
    written: list[_Caption] = []
    for tag in reversed(tags):
        caption = _caption(canvas, tag, stroke, [each.place for each in written])
        if caption is not None:
            written.append(caption)
    for caption in reversed(written):
        caption.draw(canvas)


def _rectangle(canvas: Picture, box: Rectangle, colour: Colour, thickness: int) -> None:
    left, top, right, bottom = (round(edge * (1 << _SHIFT)) for edge in _near(box, canvas))
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, thickness, cv2.LINE_AA, _SHIFT)


def _dashed(canvas: Picture, box: Rectangle, stroke: _Stroke) -> None:
    left, top, right, bottom = _near(box, canvas)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    dash = 5 * stroke.line
    for (x0, y0), (x1, y1) in pairwise(corners):
        length = max(abs(x1 - x0), abs(y1 - y0))
        count = max(1, int(length // (2 * dash)))
        for index in range(count):
            begin, end = index / count, (index + 0.55) / count
            ends = [
                (round((x0 + (x1 - x0) * part) * (1 << _SHIFT)), round((y0 + (y1 - y0) * part) * (1 << _SHIFT)))
                for part in (begin, end)
            ]
            cv2.line(canvas, ends[0], ends[1], _BLACK, stroke.line + 2, cv2.LINE_AA, _SHIFT)
            cv2.line(canvas, ends[0], ends[1], _WHITE, stroke.line, cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True)
class _Caption:
    """A text on a filled rectangle, inside the frame; `origin` is where its baseline begins."""

    place: Rectangle
    text: str
    origin: tuple[int, int]
    letter: int
    colour: Colour

    def draw(self, canvas: Picture) -> None:
        left, top, right, bottom = (round(edge) for edge in self.place)
        cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), self.colour, cv2.FILLED)
        cv2.putText(canvas, self.text, self.origin, ink(self.colour), cv2.FontFace(_FONT), self.letter)


def _caption(canvas: Picture, tag: _Tag, stroke: _Stroke, taken: Sequence[Rectangle]) -> _Caption | None:
    """The caption of a box, off the places already taken; None where there is no room: its colour says the class."""
    height, width = canvas.shape[:2]
    margin = max(1, stroke.letter // 6)
    text = " ".join(tag.text.split())[:_LONGEST_TEXT]
    x, y, across, down = _extent(text, stroke.letter)
    while len(text) > 1 and across + 2 * margin > width:
        text = text.removesuffix("…")[:-1] + "…"
        x, y, across, down = _extent(text, stroke.letter)
    across, down = across + 2 * margin, down + 2 * margin
    place = captions.place(tag.box, across, down, (width, height), taken)
    if place is None:
        return None
    origin = (round(place[0]) + margin - x, round(place[1]) + margin - y)
    return _Caption(place, text, origin, stroke.letter, tag.colour)


def _extent(text: str, letter: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of a drawn text, from the beginning of its baseline."""
    x, y, across, down = cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace(_FONT), letter)
    return x, y, across, down


def _near(box: Rectangle, canvas: Picture) -> Rectangle:
    """The box with edges far outside the frame brought near it, where OpenCV's integers can hold them."""
    height, width = canvas.shape[:2]
    left, top, right, bottom = box
    return (
        max(-_BEYOND, min(left, width + _BEYOND)),
        max(-_BEYOND, min(top, height + _BEYOND)),
        max(-_BEYOND, min(right, width + _BEYOND)),
        max(-_BEYOND, min(bottom, height + _BEYOND)),
    )


def ink(background: Colour) -> Colour:
    """Black or white, whichever is read more easily (relative luminance as in WCAG 2, black from about a fifth up)."""
    blue, green, red = (np.asarray(background) / 255.0) ** 2.2
    return _BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else _WHITE
