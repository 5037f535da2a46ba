"""A closer look: what is inside a box, cut out of the picture at a fixed size, and which of the cut the box covers.

Pictures are uint8 RGB (height, width, 3); boxes float32 (4,) pixels, left, top, right, bottom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.sample import SHARP, Pixels, for_opencv, moved, scaled

SIDE = 128  # pixels of a cut
STRIDE = 16  # pixels of a cell of its mask
CONTEXT = 1.4  # side of the cut over the longer side of the box


@dataclass(frozen=True)
class View:
    """How a cut looks at its box: `context` sides wide, turned by `angle` in radians, mirrored, off its centre by
    `shift` (across, down) of the box's longer side."""

    context: float = CONTEXT
    angle: float = 0.0
    mirrored: bool = False
    shift: tuple[float, float] = (0.0, 0.0)


PLAIN = View()


def cut(pixels: Pixels, box: NDArray[np.float32], view: View = PLAIN) -> tuple[Pixels, NDArray[np.float32]]:
    """The cut, (SIDE, SIDE, 3), and its mask (SIDE / STRIDE, SIDE / STRIDE): the share of a cell that the box covers.

    Outside of the picture its edge goes on.
    """
    to_cut = transform(box, view)
    left, top, right, bottom = (float(number) for number in box)
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ to_cut.T
    covered = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillConvexPoly(covered, np.round(corners - 0.5).astype(np.int32), 1.0)
    mask = cv2.resize(covered, (SIDE // STRIDE, SIDE // STRIDE), interpolation=cv2.INTER_AREA)  # the mean of each cell
    pixels, to_cut = nearby(pixels, to_cut)
    piece = cv2.warpAffine(
        pixels, for_opencv(to_cut), (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return piece.astype(np.uint8, copy=False), mask.astype(np.float32, copy=False)


def in_cut(box: NDArray[np.float32], around: NDArray[np.float32], view: View = PLAIN) -> NDArray[np.float32]:
    """A box as the cut around another sees it, in 0..1 of the cut's side where it does; turned by quarters at most."""
    seen: NDArray[np.float32] = moved(box[None], transform(around, view))[0] / np.float32(SIDE)
    return seen


def in_picture(edges: NDArray[np.float32], around: NDArray[np.float32], view: View = PLAIN) -> NDArray[np.float32]:
    """The way back: a box in pixels of the picture from edges in 0..1 of the cut around a box."""
    to_picture = cv2.invertAffineTransform(transform(around, view)).astype(np.float64, copy=False)
    box: NDArray[np.float32] = moved(edges[None] * np.float32(SIDE), to_picture)[0]
    return box


def nearby(pixels: Pixels, to_cut: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    """The part of the picture that a cut can see, shrunk where the cut shrinks it, and the map from there."""
    scale = math.hypot(*to_cut[0, :2])
    if scale >= SHARP:
        return pixels, to_cut
    to_picture = cv2.invertAffineTransform(to_cut)
    edges = np.array([[0, 0, 1], [SIDE, 0, 1], [SIDE, SIDE, 1], [0, SIDE, 1]]) @ to_picture.T
    height, width = pixels.shape[:2]
    left, top = np.clip(np.floor(edges.min(0)).astype(int), 0, (width - 1, height - 1)).tolist()
    right, bottom = np.clip(np.ceil(edges.max(0)).astype(int), (left + 1, top + 1), (width, height)).tolist()
    part = pixels[top:bottom, left:right]
    small = scaled(part, max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    stretch = np.diag([(right - left) / small.shape[1], (bottom - top) / small.shape[0], 1.0])
    stretch[:2, 2] = left, top
    return small, (np.concatenate([to_cut, [[0, 0, 1]]]) @ stretch)[:2]


def transform(box: NDArray[np.float32], view: View) -> NDArray[np.float64]:
    """The affine map (2, 3) from pixels of the picture to pixels of the cut."""
    left, top, right, bottom = (float(number) for number in box)
    longer = max(right - left, bottom - top, 1.0)
    scale = SIDE / (view.context * longer)
    cosine, sine = scale * math.cos(view.angle), scale * math.sin(view.angle)
    x, y = (left + right) / 2 + longer * view.shift[0], (top + bottom) / 2 + longer * view.shift[1]
    side = -1.0 if view.mirrored else 1.0
    return np.array(
        [
            [side * cosine, side * sine, SIDE / 2 - side * (cosine * x + sine * y)],
            [-sine, cosine, SIDE / 2 + sine * x - cosine * y],
        ]
    )
