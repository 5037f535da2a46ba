"""Augmentation of pictures and of crops: flips, rotations, scaling, cropping, mosaics and photometric distortion.

Pictures are uint8 RGB (height, width, 3); boxes float32 (n, 4), left, top, right, bottom in pixels, and follow their
objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.anchors import Boxes
from detector.crops import Crop, CropView, box_to_crop, crop_box
from detector.sample import AREA_BELOW_SCALE, Pixels, Sample, opencv_matrix, resize, transform_boxes

Random = np.random.Generator

# Boxes of which a smaller part is left inside the frame, or with a shorter side in pixels, are dropped.
MIN_VISIBILITY = 0.3
MIN_SIDE = 3.0
SCALE_RANGE = (1.0, 2.5)
ASPECT_JITTER = 0.15
MOSAIC_PROBABILITY = 0.35
MOSAIC_SCALE_RANGE = (1.75, 3.5)
# Of a crop around a box: its side and the shift of its centre in longer sides of the box, the box's sides in its own.
CONTEXT_RANGE = (1.15, 1.7)
CENTRE_JITTER = 0.15
BOX_JITTER = 0.1
# Red, green and blue in luma (ITU-R BT.601).
LUMA_WEIGHTS = (0.299, 0.587, 0.114)
# How often a placement is drawn again because no object would be in the frame.
MAX_TRIES = 10


def random_affine(sample: Sample, width: int, height: int, scale: float, random: Random) -> Sample:
    """The sample rotated by quarters, flipped, stretched a little, at about `scale` times the canvas of width x height,
    somewhere on it."""
    old_width, old_height = sample.pixels.shape[1], sample.pixels.shape[0]
    to_canvas = np.eye(3)
    for _ in range(int(random.integers(4))):
        to_canvas = np.array([[0, 1, 0], [-1, 0, old_width], [0, 0, 1]]) @ to_canvas  # by 90 degrees
        old_width, old_height = old_height, old_width
    if random.random() < 0.5:
        to_canvas = np.array([[-1, 0, old_width], [0, 1, 0], [0, 0, 1]]) @ to_canvas
    scale = scale * math.sqrt(width * height / (old_width * old_height))
    stretch = math.exp(random.uniform(-ASPECT_JITTER, ASPECT_JITTER))
    to_canvas = np.diag([scale * stretch, scale / stretch, 1]) @ to_canvas
    new_width, new_height = scale * stretch * old_width, scale / stretch * old_height
    boxes = transform_boxes(sample.boxes, to_canvas[:2])
    for _ in range(MAX_TRIES):
        shift = [random.uniform(min(0, free), max(0, free)) for free in (width - new_width, height - new_height)]
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 + shift
        if ((centres > 0) & (centres < (width, height))).all(1).any():
            break
    to_canvas[:2, 2] += shift
    background = random.integers(0, 256, 3).tolist()
    boxes, kept = clip_boxes(boxes + np.array(shift * 2, np.float32), width, height)
    return Sample(warp(sample.pixels, to_canvas, width, height, background), boxes[kept], sample.classes[kept])


def warp(pixels: Pixels, to_canvas: NDArray[np.float64], width: int, height: int, background: list[int]) -> Pixels:
    """The picture under an affine map (3, 3), on a canvas of width x height filled with `background`."""
    scale = math.sqrt(abs(np.linalg.det(to_canvas[:2, :2])))
    if scale < AREA_BELOW_SCALE:
        small = resize(pixels, *(max(1, round(scale * side)) for side in pixels.shape[1::-1]))
        to_canvas = to_canvas @ np.diag([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0], 1])
        pixels = small
    canvas = cv2.warpAffine(
        pixels, opencv_matrix(to_canvas[:2]), (width, height), flags=cv2.INTER_LINEAR, borderValue=background
    )
    return canvas.astype(np.uint8, copy=False)


def clip_boxes(boxes: Boxes, width: int, height: int) -> tuple[Boxes, NDArray[np.bool_]]:
    """The boxes (n, 4) clipped to a canvas of width x height, and which of them are visible enough to keep (n,)."""
    clipped = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    sides, area = clipped[:, 2:] - clipped[:, :2], (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return clipped, (sides.prod(1) >= MIN_VISIBILITY * area) & (sides >= MIN_SIDE).all(1)


def mosaic(draw_sample: Callable[[], Sample], width: int, height: int, scale: float, random: Random) -> Sample:
    """Four samples in a 2 x 2 mosaic (Bochkovskiy et al., arXiv:2004.10934): one batch shows many surroundings."""
    x, y = round(width * random.uniform(0.35, 0.65)), round(height * random.uniform(0.35, 0.65))
    canvas = np.empty((height, width, 3), np.uint8)
    boxes, classes = [], []
    for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
        tile_scale = scale * random.uniform(*MOSAIC_SCALE_RANGE)
        tile = random_affine(draw_sample(), right - left, bottom - top, tile_scale, random)
        canvas[top:bottom, left:right] = tile.pixels
        boxes.append(tile.boxes + np.array([left, top, left, top], np.float32))
        classes.append(tile.classes)
    return Sample(canvas, np.concatenate(boxes), np.concatenate(classes))


def photometric_distortion(pixels: Pixels, random: Random) -> Pixels:
    """Jitter of brightness, contrast, saturation and hue; sometimes blur or noise."""
    image: NDArray[Any] = pixels
    if random.random() < 0.8:
        saturation = random.uniform(0.4, 1.6) if random.random() < 0.9 else 0.0
        contrast, brightness = random.uniform(0.6, 1.4), random.uniform(-40, 40)
        tint = random.uniform(0.8, 1.2, (3, 1))
        mixed = contrast * (saturation * np.eye(3) + (1 - saturation) * np.array(LUMA_WEIGHTS))
        image = cv2.transform(image, tint * np.append(mixed, np.full((3, 1), 128 * (1 - contrast) + brightness), 1))
    if random.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.2:
        noise = random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(2, 10))
        image = np.clip(image + noise, 0, 255)
    return image.astype(np.uint8, copy=False)


def augment(
    sample: Sample, draw_sample: Callable[[], Sample], width: int, height: int, scale: float, random: Random
) -> Sample:
    """A sample of width x height from `sample` and, in a mosaic, three that `draw_sample` gives, at about `scale` times
    that size and more."""
    if random.random() < MOSAIC_PROBABILITY:
        rest = iter([sample])
        augmented = mosaic(lambda: next(rest, None) or draw_sample(), width, height, scale, random)
    else:
        scale = scale * math.exp(random.uniform(math.log(SCALE_RANGE[0]), math.log(SCALE_RANGE[1])))
        augmented = random_affine(sample, width, height, scale, random)
    return Sample(photometric_distortion(augmented.pixels, random), augmented.boxes, augmented.classes)


def random_rotated_crop(pixels: Pixels, box: NDArray[np.float32], random: Random) -> Crop:
    """An augmented crop around a box (4,), at any angle."""
    return random_crop(pixels, box, random.uniform(0, 2 * math.pi), random)


def random_upright_crop(pixels: Pixels, box: NDArray[np.float32], random: Random) -> tuple[Crop, NDArray[np.float32]]:
    """An augmented crop around a box (4,), rotated by quarters so that a box stays a box, and the box in 0..1 of it."""
    crop = random_crop(pixels, box, random.integers(4) * math.pi / 2, random)
    return crop, np.clip(box_to_crop(box, crop), 0, 1)


def random_crop(pixels: Pixels, box: NDArray[np.float32], angle: float, random: Random) -> Crop:
    """A crop around a box jittered as a detector's boxes err, of random context, flip and shift, distorted."""
    view = CropView(
        math.exp(random.uniform(math.log(CONTEXT_RANGE[0]), math.log(CONTEXT_RANGE[1]))),
        angle,
        random.random() < 0.5,
        (random.uniform(-CENTRE_JITTER, CENTRE_JITTER), random.uniform(-CENTRE_JITTER, CENTRE_JITTER)),
    )
    width, height = box[2:] - box[:2]
    jittered = box + random.uniform(-BOX_JITTER, BOX_JITTER, 4) * np.array([width, height, width, height])
    crop = crop_box(pixels, jittered.astype(np.float32), view)
    return replace(crop, pixels=photometric_distortion(crop.pixels, random))
