"""A picture in memory with its objects, and the simplest things done to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.anchors import Boxes

Pixels = NDArray[np.uint8]
MULTIPLE = 32  # the coarsest map that MobileNetV2 makes
SERVING_ENLARGEMENT = 1.5625
# Where no more than so much is left of a side, it is shrunk by averaging; else every pixel has its say anyhow, and
# averaging takes five times as long.
SHARP = 0.5
NARROWEST = 0.5  # shape of the narrowest input, for pictures narrower than that too


@dataclass(frozen=True)
class Sample:
    """uint8 RGB pixels (height, width, 3), boxes (n, 4) in pixels left, top, right, bottom, classes (n,)."""

    pixels: Pixels
    boxes: Boxes
    classes: NDArray[np.int64]


def input_size(width: int, height: int, image_size: int) -> tuple[int, int]:
    """Width and height of the network's input for a picture: its shape, about `image_size` squared pixels."""
    shape = min(max(width / height, NARROWEST), 1 / NARROWEST) ** 0.5
    across, down = image_size * shape / MULTIPLE, image_size / shape / MULTIPLE
    return max(1, math.floor(across + 0.5)) * MULTIPLE, max(1, math.floor(down + 0.5)) * MULTIPLE


def serving_size(image_size: int, enlargement: float) -> int:
    """The image size of serving for one of training, whose pictures were looked at `enlargement` times as large.

    Training sees cuts of enlarged pictures, serving whole pictures at that same enlargement: the network costs little
    when it only looks (Touvron et al., arXiv:1906.06423).
    """
    return round(SERVING_ENLARGEMENT * enlargement * image_size)


def scaled(pixels: Pixels, width: int, height: int) -> Pixels:
    """The pixels at that size, shrunk by averaging where thin things might vanish."""
    shrunk = math.sqrt(width * height / (pixels.shape[0] * pixels.shape[1]))
    method = cv2.INTER_AREA if shrunk < SHARP else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method).astype(np.uint8, copy=False)


def resized(sample: Sample, width: int, height: int) -> Sample:
    """The sample scaled to that size."""
    factor = np.array([width / sample.pixels.shape[1], height / sample.pixels.shape[0]] * 2, np.float32)
    return Sample(scaled(sample.pixels, width, height), sample.boxes * factor, sample.classes)


def moved(boxes: Boxes, to: NDArray[np.float64]) -> Boxes:
    """Where an affine map (2, 3) without turns other than quarters puts boxes (n, 4)."""
    corners = boxes.reshape(-1, 2, 2) @ to[:, :2].T + to[:, 2]
    return np.concatenate([corners.min(1), corners.max(1)], 1).astype(np.float32)


def for_opencv(to: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine map (2, 3) as OpenCV has it, which counts from the middle of the first pixel, not from its corner."""
    shift = to[:, :2] @ (0.5, 0.5) - 0.5
    return np.column_stack([to[:, :2], to[:, 2] + shift])


def network_input(pixels: Pixels) -> NDArray[np.float32]:
    """Pixels as the network takes them: (3, height, width), -1..1."""
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
    planes *= np.float32(1 / 127.5)
    planes -= np.float32(1)
    return planes
