"""A picture in memory with its objects; resizing it, and the affine maps and normalisation around the networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.anchors import Boxes

Pixels = NDArray[np.uint8]
SIZE_DIVISOR = 32  # stride of MobileNetV2's coarsest feature map
SERVING_SCALE = 1.5625
# Pictures shrunk below this scale are averaged (INTER_AREA), so that thin lines stay. Above it bilinear interpolation
# misses no pixel, in a fifth of the time.
AREA_BELOW_SCALE = 0.5
MIN_ASPECT_RATIO = 0.5  # of the network's input; narrower pictures are squeezed to it


@dataclass(frozen=True)
class Sample:
    """A picture and its ground truth.

    Attributes:
        pixels: uint8 RGB (height, width, 3).
        boxes: float32 (n, 4), left, top, right, bottom in pixels.
        classes: (n,), from 0.
    """

    pixels: Pixels
    boxes: Boxes
    classes: NDArray[np.int64]


def input_size(width: int, height: int, image_size: int) -> tuple[int, int]:
    """Width and height of the network's input for a picture of that size: multiples of `SIZE_DIVISOR` with about the
    picture's aspect ratio and `image_size` squared pixels."""
    aspect = min(max(width / height, MIN_ASPECT_RATIO), 1 / MIN_ASPECT_RATIO) ** 0.5
    columns, rows = image_size * aspect / SIZE_DIVISOR, image_size / aspect / SIZE_DIVISOR
    return max(1, math.floor(columns + 0.5)) * SIZE_DIVISOR, max(1, math.floor(rows + 0.5)) * SIZE_DIVISOR


def serving_image_size(image_size: int, scale: float) -> int:
    """The image size for serving after a training at `image_size` with pictures enlarged by `scale`.

    Training sees crops of enlarged pictures, serving whole pictures at that same scale: inference costs little (Touvron
    et al., "Fixing the train-test resolution discrepancy", arXiv:1906.06423).
    """
    return round(SERVING_SCALE * scale * image_size)


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """The pixels at that size, averaged where they shrink a lot."""
    scale = math.sqrt(width * height / (pixels.shape[0] * pixels.shape[1]))
    method = cv2.INTER_AREA if scale < AREA_BELOW_SCALE else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method).astype(np.uint8, copy=False)


def resize_sample(sample: Sample, width: int, height: int) -> Sample:
    """The sample at that size, boxes and all."""
    factor = np.array([width / sample.pixels.shape[1], height / sample.pixels.shape[0]] * 2, np.float32)
    return Sample(resize(sample.pixels, width, height), sample.boxes * factor, sample.classes)


def transform_boxes(boxes: Boxes, matrix: NDArray[np.float64]) -> Boxes:
    """Boxes (n, 4) under an affine matrix (2, 3) that rotates by multiples of 90 degrees only."""
    corners = boxes.reshape(-1, 2, 2) @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(1), corners.max(1)], 1).astype(np.float32)


def opencv_matrix(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine matrix (2, 3) for OpenCV, whose origin is the middle of the first pixel in place of its corner."""
    shift = matrix[:, :2] @ (0.5, 0.5) - 0.5
    return np.column_stack([matrix[:, :2], matrix[:, 2] + shift])


def network_input(pixels: Pixels) -> NDArray[np.float32]:
    """Pixels as both networks take them: float32 (3, height, width) in -1..1."""
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
    planes *= np.float32(1 / 127.5)
    planes -= np.float32(1)
    return planes
