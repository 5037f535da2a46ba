"""Ever new pictures from few: turned, mirrored, zoomed, cut, tiled and recoloured, boxes going with their objects.

Pictures are uint8 RGB (height, width, 3); boxes float32 (n, 4) pixels, left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.crops import View, cut
from detector.sample import Pixels, Sample, resized

Random = np.random.Generator

# An object of which less than this is left inside the frame is not labelled any more.
VISIBLE = 0.3
SMALLEST_SIDE = 3.0
ZOOM = (0.8, 2.0)
STRETCH = 0.15
MOSAIC_SHARE = 0.35
MOSAIC_ZOOM = (1.4, 2.8)
# Of a cut around a box: its side in longer sides of the box, its place and the box's edges in shares of it.
CLOSEST, FARTHEST = 1.15, 1.7
OFF_CENTRE = 0.15
INEXACT = 0.1
# How often a cut is drawn anew because no object is in it.
TRIES = 10


def mirrored(sample: Sample) -> Sample:
    width = sample.pixels.shape[1]
    boxes = sample.boxes.copy()
    boxes[:, [0, 2]] = width - sample.boxes[:, [2, 0]]
    return Sample(cv2.flip(sample.pixels, 1).astype(np.uint8, copy=False), boxes, sample.classes)


def turned(sample: Sample) -> Sample:
    """A quarter turn against the clock."""
    width = sample.pixels.shape[1]
    left, top, right, bottom = sample.boxes.T
    boxes = np.stack([top, width - right, bottom, width - left], 1)
    pixels = cv2.rotate(sample.pixels, cv2.ROTATE_90_COUNTERCLOCKWISE).astype(np.uint8, copy=False)
    return Sample(pixels, boxes, sample.classes)


def framed(sample: Sample, x: int, y: int, width: int, height: int, background: Pixels) -> Sample:
    """The sample laid on a canvas of that size with its corner at (x, y), which may be outside."""
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = background
    old_height, old_width = sample.pixels.shape[:2]
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + old_width, width), min(y + old_height, height)
    if left < right and top < bottom:
        canvas[top:bottom, left:right] = sample.pixels[top - y : bottom - y, left - x : right - x]
    moved = sample.boxes + np.array([x, y, x, y], np.float32)
    cut = np.clip(moved, 0, np.array([width, height, width, height], np.float32))
    sides, whole = cut[:, 2:] - cut[:, :2], (moved[:, 2:] - moved[:, :2]).prod(1)
    kept = (sides.prod(1) >= VISIBLE * whole) & (sides >= SMALLEST_SIDE).all(1)
    return Sample(canvas, cut[kept], sample.classes[kept])


def zoomed(sample: Sample, width: int, height: int, zoom: float, random: Random) -> Sample:
    """The sample turned or mirrored anyhow, at about `zoom` times the canvas, somewhere on it."""
    for _ in range(int(random.integers(4))):
        sample = turned(sample)
    if random.random() < 0.5:
        sample = mirrored(sample)
    old_height, old_width = sample.pixels.shape[:2]
    scale = zoom * math.sqrt(width * height / (old_width * old_height))
    stretch = math.exp(random.uniform(-STRETCH, STRETCH))
    new_width = max(8, round(old_width * scale * stretch))
    new_height = max(8, round(old_height * scale / stretch))
    sample = resized(sample, new_width, new_height)
    for _ in range(TRIES):
        x = round(random.uniform(min(0, width - new_width), max(0, width - new_width)))
        y = round(random.uniform(min(0, height - new_height), max(0, height - new_height)))
        centres = (sample.boxes[:, :2] + sample.boxes[:, 2:]) / 2 + (x, y)
        if ((centres > 0) & (centres < (width, height))).all(1).any():
            break
    background = random.integers(0, 256, 3).astype(np.uint8)
    return framed(sample, x, y, width, height, background)


def mosaic(draw: Callable[[], Sample], width: int, height: int, enlargement: float, random: Random) -> Sample:
    """Four samples side by side, so that one batch shows many surroundings."""
    x, y = round(width * random.uniform(0.35, 0.65)), round(height * random.uniform(0.35, 0.65))
    canvas = np.empty((height, width, 3), np.uint8)
    boxes, classes = [], []
    for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
        zoom = enlargement * random.uniform(*MOSAIC_ZOOM)
        tile = zoomed(draw(), right - left, bottom - top, zoom, random)
        canvas[top:bottom, left:right] = tile.pixels
        boxes.append(tile.boxes + np.array([left, top, left, top], np.float32))
        classes.append(tile.classes)
    return Sample(canvas, np.concatenate(boxes), np.concatenate(classes))


def recoloured(pixels: Pixels, random: Random) -> Pixels:
    """Other light, contrast, saturation and hue; now and then blurred or noisy."""
    image = pixels.astype(np.float32)
    if random.random() < 0.8:
        grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
        saturation = random.uniform(0.4, 1.6) if random.random() < 0.9 else 0.0
        image = grey[..., None] + (image - grey[..., None]) * np.float32(saturation)
        image = (image - 128) * np.float32(random.uniform(0.6, 1.4)) + np.float32(128 + random.uniform(-40, 40))
        image *= random.uniform(0.8, 1.2, 3).astype(np.float32)
    if random.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 0.9)).astype(np.float32, copy=False)
    if random.random() < 0.2:
        image += random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(2, 10))
    return np.clip(image, 0, 255).astype(np.uint8)


def augmented(
    draw: Callable[[], Sample], first: Sample, width: int, height: int, enlargement: float, random: Random
) -> Sample:
    """A new sample of that size made of `first` and, in a mosaic, others that `draw` gives, zoomed to about that
    `enlargement`."""
    if random.random() < MOSAIC_SHARE:
        rest = iter([first])
        sample = mosaic(lambda: next(rest, None) or draw(), width, height, enlargement, random)
    else:
        zoom = enlargement * math.exp(random.uniform(math.log(ZOOM[0]), math.log(ZOOM[1])))
        sample = zoomed(first, width, height, zoom, random)
    return Sample(recoloured(sample.pixels, random), sample.boxes, sample.classes)


def looked_at(pixels: Pixels, box: NDArray[np.float32], random: Random) -> tuple[Pixels, NDArray[np.float32]]:
    """A cut around a box and its mask, each time from nearer or farther, turned and mirrored anyhow, recoloured; the
    box itself as inexact as a detector's."""
    view = View(
        math.exp(random.uniform(math.log(CLOSEST), math.log(FARTHEST))),
        random.uniform(0, 2 * math.pi),
        random.random() < 0.5,
        (random.uniform(-OFF_CENTRE, OFF_CENTRE), random.uniform(-OFF_CENTRE, OFF_CENTRE)),
    )
    width, height = box[2:] - box[:2]
    inexact = box + random.uniform(-INEXACT, INEXACT, 4) * np.array([width, height, width, height])
    piece, mask = cut(pixels, inexact.astype(np.float32), view)
    return recoloured(piece, random), mask
