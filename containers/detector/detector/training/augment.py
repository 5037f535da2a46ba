"""Ever new pictures from few: turned, mirrored, zoomed, cut, tiled and recoloured, boxes going with their objects.

Pictures are uint8 RGB (height, width, 3); boxes float32 (n, 4) pixels, left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.anchors import Boxes
from detector.crops import View, cut, in_cut
from detector.sample import SHARP, Pixels, Sample, for_opencv, moved, scaled

Random = np.random.Generator

# An object of which less than this is left inside the frame is not labelled any more.
VISIBLE = 0.3
SMALLEST_SIDE = 3.0
ZOOM = (1.0, 2.5)
STRETCH = 0.15
MOSAIC_SHARE = 0.35
MOSAIC_ZOOM = (1.75, 3.5)
# Of a cut around a box: its side in longer sides of the box, its place and the box's edges in shares of it.
CLOSEST, FARTHEST = 1.15, 1.7
OFF_CENTRE = 0.15
INEXACT = 0.1
# Red, green and blue in what is seen as light.
GREY = (0.299, 0.587, 0.114)
# How often a cut is drawn anew because no object is in it.
TRIES = 10


def zoomed(sample: Sample, width: int, height: int, zoom: float, random: Random) -> Sample:
    """The sample turned or mirrored anyhow, at about `zoom` times the canvas, somewhere on it."""
    across, down = sample.pixels.shape[1], sample.pixels.shape[0]
    to_canvas = np.eye(3)
    for _ in range(int(random.integers(4))):
        to_canvas = np.array([[0, 1, 0], [-1, 0, across], [0, 0, 1]]) @ to_canvas  # a quarter turn
        across, down = down, across
    if random.random() < 0.5:
        to_canvas = np.array([[-1, 0, across], [0, 1, 0], [0, 0, 1]]) @ to_canvas
    scale = zoom * math.sqrt(width * height / (across * down))
    stretch = math.exp(random.uniform(-STRETCH, STRETCH))
    to_canvas = np.diag([scale * stretch, scale / stretch, 1]) @ to_canvas
    new_width, new_height = scale * stretch * across, scale / stretch * down
    boxes = moved(sample.boxes, to_canvas[:2])
    for _ in range(TRIES):
        shift = [random.uniform(min(0, free), max(0, free)) for free in (width - new_width, height - new_height)]
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 + shift
        if ((centres > 0) & (centres < (width, height))).all(1).any():
            break
    to_canvas[:2, 2] += shift
    background = random.integers(0, 256, 3).tolist()
    boxes, kept = visible(boxes + np.array(shift * 2, np.float32), width, height)
    return Sample(laid_out(sample.pixels, to_canvas, width, height, background), boxes[kept], sample.classes[kept])


def laid_out(pixels: Pixels, to_canvas: NDArray[np.float64], width: int, height: int, background: list[int]) -> Pixels:
    """A canvas of that size with the part of a picture that an affine map (3, 3) puts on it."""
    shrunk = math.sqrt(abs(np.linalg.det(to_canvas[:2, :2])))
    if shrunk < SHARP:
        small = scaled(pixels, *(max(1, round(shrunk * side)) for side in pixels.shape[1::-1]))
        to_canvas = to_canvas @ np.diag([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0], 1])
        pixels = small
    canvas = cv2.warpAffine(
        pixels, for_opencv(to_canvas[:2]), (width, height), flags=cv2.INTER_LINEAR, borderValue=background
    )
    return canvas.astype(np.uint8, copy=False)


def visible(boxes: Boxes, width: int, height: int) -> tuple[Boxes, NDArray[np.bool_]]:
    """What of the boxes lies on a canvas of that size, and which of them are still to be labelled."""
    cut = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    sides, whole = cut[:, 2:] - cut[:, :2], (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return cut, (sides.prod(1) >= VISIBLE * whole) & (sides >= SMALLEST_SIDE).all(1)


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
    image: NDArray[Any] = pixels
    if random.random() < 0.8:
        saturation = random.uniform(0.4, 1.6) if random.random() < 0.9 else 0.0
        contrast, light = random.uniform(0.6, 1.4), random.uniform(-40, 40)
        tint = random.uniform(0.8, 1.2, (3, 1))
        mixed = contrast * (saturation * np.eye(3) + (1 - saturation) * np.array(GREY))
        image = cv2.transform(image, tint * np.append(mixed, np.full((3, 1), 128 * (1 - contrast) + light), 1))
    if random.random() < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.2:
        noise = random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(2, 10))
        image = np.clip(image + noise, 0, 255)
    return image.astype(np.uint8, copy=False)


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


def turned_look(pixels: Pixels, box: NDArray[np.float32], random: Random) -> tuple[Pixels, NDArray[np.float32]]:
    """A recoloured cut around a box, at any angle, and its mask."""
    around, view = manner(box, random.uniform(0, 2 * math.pi), random)
    piece, mask = cut(pixels, around, view)
    return recoloured(piece, random), mask


def upright_look(
    pixels: Pixels, box: NDArray[np.float32], random: Random
) -> tuple[Pixels, NDArray[np.float32], NDArray[np.float32]]:
    """A recoloured cut around a box, turned by quarters so that a box is still a box, its mask, and the box's edges in
    0..1 of the cut's side."""
    around, view = manner(box, random.integers(4) * math.pi / 2, random)
    piece, mask = cut(pixels, around, view)
    return recoloured(piece, random), mask, np.clip(in_cut(box, around, view), 0, 1)


def manner(box: NDArray[np.float32], angle: float, random: Random) -> tuple[NDArray[np.float32], View]:
    """A box as inexact as a detector's, and how to look at it: from nearer or farther, mirrored or not."""
    view = View(
        math.exp(random.uniform(math.log(CLOSEST), math.log(FARTHEST))),
        angle,
        random.random() < 0.5,
        (random.uniform(-OFF_CENTRE, OFF_CENTRE), random.uniform(-OFF_CENTRE, OFF_CENTRE)),
    )
    width, height = box[2:] - box[:2]
    inexact = box + random.uniform(-INEXACT, INEXACT, 4) * np.array([width, height, width, height])
    return inexact.astype(np.float32), view
