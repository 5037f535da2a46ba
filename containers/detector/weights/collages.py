"""Synthetic training pictures: cutouts pasted on generated backgrounds, among lines and sheets, with the exact boxes of
their visible parts (Dwibedi et al., "Cut, Paste and Learn", arXiv:1708.01642)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from clipart import Cutout
from numpy.typing import NDArray

from detector.sample import Sample

Image = NDArray[np.float32]  # (height, width, 3)
Random = np.random.Generator

MAX_OBJECTS = 8
SIDE_RANGE = (28, 170)  # of an object's longer side, in pixels
SHEAR_JITTER, ASPECT_JITTER = 0.15, 0.35
SHADOW_REACH = 14
# Of a labelled object: its visible part and pixels, and the shorter side of its box.
MIN_VISIBILITY, MIN_PIXELS, MIN_SIDE = 0.35, 60, 10


def collage(cutouts: list[Cutout], size: int, random: Random) -> Sample:
    """A picture of `size` x `size` pixels with up to `MAX_OBJECTS` objects, all of class 0."""
    image = random_background(size, random)
    for _ in range(random.integers(3)):
        paste_sheet(image, random)
    for _ in range(random.integers(3)):
        draw_line(image, random)
    instances = np.zeros((size, size), np.int32)
    pixels = {}
    for number in range(1, int(random.integers(1, MAX_OBJECTS + 1)) + 1):
        pixels[number] = paste_cutout(image, instances, number, cutouts[random.integers(len(cutouts))], random)
    if random.random() < 0.5:
        before = image.copy()
        draw_line(image, random)
        instances[np.abs(image - before).sum(2) > 40] = 0
    boxes = []
    for number, whole in pixels.items():
        seen = instances == number
        if seen.sum() < max(MIN_PIXELS, MIN_VISIBILITY * whole):
            continue
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        if min(box[2] - box[0], box[3] - box[1]) >= MIN_SIDE:
            boxes.append(box)
    return Sample(
        photometric_distortion(image, random),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int64),
    )


def random_background(size: int, random: Random) -> Image:
    """Noise of several grains on a colour: plain, streaky as wood, ruled or written on; sometimes rotated."""
    colour = random.uniform(0, 255, 3) * random.uniform(0.5, 1) + random.uniform(0, 60)
    image = np.empty((size, size, 3), np.float32)
    image[:] = colour.mean() + (colour - colour.mean()) * random.uniform(0, 1)
    kind = random.choice(("plain", "streaky", "ruled", "written"))
    for _ in range(random.integers(1, 5)):
        cells = int(2 ** random.uniform(1, 6.5))
        shape = (max(2, cells // 12), cells) if kind == "streaky" else (cells, cells)
        noise = random.standard_normal((*shape, int(random.choice((1, 3)))), np.float32)
        grain = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC).reshape(size, size, -1)
        image += grain * np.float32(random.uniform(2, 22))
    ink = random.uniform(0, 255, 3).tolist()
    if kind == "ruled":
        step, width = int(random.integers(10, 60)), int(random.integers(1, 4))
        for place in range(0, size, step):
            cv2.line(image, (place, 0), (place, size), ink, width)
            cv2.line(image, (0, place), (size, place), ink, width)
    elif kind == "written":
        page, height = np.zeros((size, size), np.uint8), random.uniform(0.25, 0.8)
        for row in range(0, size, int(24 * height + 6)):
            words = "".join(chr(letter) for letter in random.integers(32, 122, 60))
            cv2.putText(page, words, (-10, row), int(random.integers(5)), height, 255, 1)
        written = page[..., None] / np.float32(255)
        image += (np.array(ink, np.float32) - image) * written
    if random.random() < 0.5:
        turn = cv2.getRotationMatrix2D((size / 2, size / 2), random.uniform(0, 360), random.uniform(1.45, 2.2))
        image = cv2.warpAffine(image, turn, (size, size), borderMode=cv2.BORDER_REFLECT).astype(np.float32, copy=False)
    return image


def paste_sheet(image: Image, random: Random) -> None:
    """A flat object larger than the cutouts, which is not labelled."""
    size = len(image)
    half, angle = random.uniform(0.25, 0.8, 2) * size, random.uniform(0, math.pi)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ rotation(angle).T + random.uniform(0, size, 2)
    covered = np.zeros((size, size), np.float32)
    cv2.fillConvexPoly(covered, corners.astype(np.int32), 1.0, cv2.LINE_AA)
    image += (random_background(size, random) - image) * covered[..., None]


def draw_line(image: Image, random: Random) -> None:
    """A cable, string or pencil stroke, which is not labelled."""
    ends = random.uniform(-0.2, 1.2, (4, 2)) * len(image)
    t = np.linspace(0, 1, 60)[:, None]
    curve = (1 - t) ** 3 * ends[0] + 3 * (1 - t) ** 2 * t * ends[1] + 3 * (1 - t) * t**2 * ends[2] + t**3 * ends[3]
    width, colour = int(random.integers(2, 12)), random.uniform(0, 255, 3)
    if random.random() < 0.6:
        shadow = (curve + random.uniform(-4, 6, 2)).astype(np.int32)
        cv2.polylines(image, [shadow], False, (image.mean((0, 1)) / 2).tolist(), width, cv2.LINE_AA)
    cv2.polylines(image, [curve.astype(np.int32)], False, colour.tolist(), width, cv2.LINE_AA)
    if width > 4:
        shine = np.clip(colour * 1.25 + 15, 0, 255).tolist()
        cv2.polylines(image, [(curve - 1).astype(np.int32)], False, shine, width // 3, cv2.LINE_AA)


def paste_cutout(image: Image, instances: NDArray[np.int32], number: int, cutout: Cutout, random: Random) -> int:
    """Paste a cutout somewhere, at any size and angle, with its shadow, and set its pixels in `instances` to `number`.

    Returns:
        How many pixels it would have if it were wholly visible.
    """
    size, (height, width) = len(image), cutout.shape[:2]
    scale = math.exp(random.uniform(math.log(SIDE_RANGE[0]), math.log(SIDE_RANGE[1]))) / max(height, width)
    stretch = math.exp(random.uniform(-ASPECT_JITTER, ASPECT_JITTER))
    linear = rotation(random.uniform(0, 2 * math.pi)) @ np.diag(
        [scale * stretch * random.choice((-1, 1)), scale / stretch]
    )
    linear = linear @ np.array([[1, random.uniform(-SHEAR_JITTER, SHEAR_JITTER)], [0, 1]])
    whole = round(abs(np.linalg.det(linear)) * int((cutout[..., 3] > 127).sum()))
    if scale < 0.5:  # shrink by averaging first
        cutout = cv2.resize(cutout, None, fx=1.5 * scale, fy=1.5 * scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        linear = linear @ np.diag([width / cutout.shape[1], height / cutout.shape[0]])
        height, width = cutout.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ linear.T
    corners += random.uniform(0, size, 2) - corners.mean(0)
    low = np.clip(np.floor(corners.min(0)).astype(int) - SHADOW_REACH, 0, size)
    high = np.clip(np.ceil(corners.max(0)).astype(int) + SHADOW_REACH, 0, size)
    if (high <= low).any():
        return whole
    place = slice(low[1], high[1]), slice(low[0], high[0])
    frame = (int(high[0] - low[0]), int(high[1] - low[1]))
    to_frame = np.concatenate([linear, (corners[0] - low)[:, None]], 1)
    piece = cv2.warpAffine(cutout, to_frame, frame).astype(np.float32)
    opacity, colours = piece[..., 3:] / np.float32(255), piece[..., :3]
    if random.random() < 0.7:
        offset = np.concatenate([np.eye(2), random.uniform(-8, 8, (2, 1))], 1)
        shadow = cv2.GaussianBlur(cv2.warpAffine(opacity[..., 0], offset, frame), (0, 0), random.uniform(1, 6))
        image[place] *= 1 - shadow[..., None] * np.float32(random.uniform(0.2, 0.7))
    if random.random() < 0.7:
        tint = random.uniform(-60, 60, 3).astype(np.float32)
        colours = (colours - 128) * np.float32(random.uniform(0.4, 1)) + 128 + tint
    if random.random() < 0.4:
        light = cv2.resize(random.standard_normal((3, 3), np.float32), frame, interpolation=cv2.INTER_CUBIC)
        colours = colours + light[..., None] * np.float32(random.uniform(5, 35))
    image[place] += (np.clip(colours, 0, 255) - image[place]) * opacity
    instances[place][opacity[..., 0] > 0.5] = number
    return whole


def rotation(angle: float) -> NDArray[np.float64]:
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def photometric_distortion(image: Image, random: Random) -> NDArray[np.uint8]:
    """Jitter of brightness and contrast; sometimes blur or noise."""
    image = image * np.float32(random.uniform(0.5, 1.2)) + np.float32(random.uniform(-20, 30))
    if random.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 1.3)).astype(np.float32, copy=False)
    if random.random() < 0.5:
        image = image + random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(1, 10))
    return np.clip(image, 0, 255).astype(np.uint8)
