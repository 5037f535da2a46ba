"""Crops for the classifier: a box and its surroundings at a fixed size, with a mask of the box.

Pictures are uint8 RGB (height, width, 3); boxes float32 (4,), left, top, right, bottom, in pixels of the picture or in
0..1 of the crop's side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.sample import AREA_BELOW_SCALE, Pixels, opencv_matrix, resize, transform_boxes

CROP_SIZE = 128  # side in pixels
MASK_STRIDE = 16  # pixels of the crop to a cell of its mask
CONTEXT = 1.4  # side of the crop over the longer side of the box


@dataclass(frozen=True)
class CropView:
    """Geometry of a crop relative to its box.

    Attributes:
        context: the crop's side, in longer sides of the box.
        angle: rotation in radians.
        flipped: whether it is flipped horizontally.
        shift: of its centre from the box's, across and down, in longer sides of the box.
    """

    context: float = CONTEXT
    angle: float = 0.0
    flipped: bool = False
    shift: tuple[float, float] = (0.0, 0.0)


UPRIGHT = CropView()


@dataclass(frozen=True)
class Crop:
    """A crop around a box.

    Attributes:
        pixels: uint8 RGB (CROP_SIZE, CROP_SIZE, 3); beyond the picture its border pixels are repeated.
        mask: float32 (CROP_SIZE / MASK_STRIDE, CROP_SIZE / MASK_STRIDE), the part of each cell that the box covers.
        matrix: (2, 3), the affine map from pixels of the picture to pixels of the crop.
    """

    pixels: Pixels
    mask: NDArray[np.float32]
    matrix: NDArray[np.float64]


def crop_box(pixels: Pixels, box: NDArray[np.float32], view: CropView = UPRIGHT) -> Crop:
    """The crop of a picture around a box in pixels."""
    matrix = crop_matrix(box, view)
    left, top, right, bottom = (float(number) for number in box)
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ matrix.T
    covered = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    cv2.fillConvexPoly(covered, np.round(corners - 0.5).astype(np.int32), 1.0)
    cells = CROP_SIZE // MASK_STRIDE
    mask = cv2.resize(covered, (cells, cells), interpolation=cv2.INTER_AREA)  # the mean of each cell
    region, region_matrix = visible_region(pixels, matrix)
    cropped = cv2.warpAffine(
        region,
        opencv_matrix(region_matrix),
        (CROP_SIZE, CROP_SIZE),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Crop(cropped.astype(np.uint8, copy=False), mask.astype(np.float32, copy=False), matrix)


def box_to_crop(box: NDArray[np.float32], crop: Crop) -> NDArray[np.float32]:
    """A box in pixels of the picture as one in 0..1 of the crop's side, where the crop shows it; the crop must be
    rotated by a multiple of 90 degrees."""
    relative: NDArray[np.float32] = transform_boxes(box[None], crop.matrix)[0] / np.float32(CROP_SIZE)
    return relative


def box_from_crop(relative: NDArray[np.float32], crop: Crop) -> NDArray[np.float32]:
    """The inverse of `box_to_crop`: a box in pixels of the picture."""
    inverse = cv2.invertAffineTransform(crop.matrix).astype(np.float64, copy=False)
    box: NDArray[np.float32] = transform_boxes(relative[None] * np.float32(CROP_SIZE), inverse)[0]
    return box


def visible_region(pixels: Pixels, matrix: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    """The region of the picture that the crop shows, averaged to about the crop's scale where that is much smaller, and
    the affine map (2, 3) from there to the crop."""
    scale = math.hypot(*matrix[0, :2])
    if scale >= AREA_BELOW_SCALE:
        return pixels, matrix
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [CROP_SIZE, 0, 1], [CROP_SIZE, CROP_SIZE, 1], [0, CROP_SIZE, 1]]) @ inverse.T
    height, width = pixels.shape[:2]
    left, top = np.clip(np.floor(corners.min(0)).astype(int), 0, (width - 1, height - 1)).tolist()
    right, bottom = np.clip(np.ceil(corners.max(0)).astype(int), (left + 1, top + 1), (width, height)).tolist()
    region = pixels[top:bottom, left:right]
    small = resize(region, max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    to_picture = np.diag([(right - left) / small.shape[1], (bottom - top) / small.shape[0], 1.0])
    to_picture[:2, 2] = left, top
    return small, (np.concatenate([matrix, [[0, 0, 1]]]) @ to_picture)[:2]


def crop_matrix(box: NDArray[np.float32], view: CropView) -> NDArray[np.float64]:
    """The affine map (2, 3) from pixels of the picture to pixels of the crop."""
    left, top, right, bottom = (float(number) for number in box)
    longer = max(right - left, bottom - top, 1.0)
    scale = CROP_SIZE / (view.context * longer)
    cosine, sine = scale * math.cos(view.angle), scale * math.sin(view.angle)
    x, y = (left + right) / 2 + longer * view.shift[0], (top + bottom) / 2 + longer * view.shift[1]
    flip = -1.0 if view.flipped else 1.0
    return np.array(
        [
            [flip * cosine, flip * sine, CROP_SIZE / 2 - flip * (cosine * x + sine * y)],
            [-sine, cosine, CROP_SIZE / 2 + sine * x - cosine * y],
        ]
    )
