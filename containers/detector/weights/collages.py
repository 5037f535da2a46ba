"""Pictures to learn from before there are any: cut-out things on made-up ground, among lines and sheets, with the exact
boxes of what is visible (Dwibedi et al., "Cut, Paste and Learn", arXiv:1708.01642)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from clipart import Cutout
from numpy.typing import NDArray

from detector.sample import Sample

Image = NDArray[np.float32]  # (height, width, 3)
Random = np.random.Generator

MOST_THINGS = 8
SIZES = (28, 170)  # of a thing's longer side, in pixels
SLANT, STRETCH = 0.15, 0.35
SHADOW_REACH = 14
# Of a thing that is labelled: its visible share and pixels, and the shorter side of its box.
VISIBLE, LEAST_PIXELS, LEAST_SIDE = 0.35, 60, 10


def collage(things: list[Cutout], size: int, random: Random) -> Sample:
    """A square picture with up to `MOST_THINGS` things, all of class 0."""
    image = ground(size, random)
    for _ in range(random.integers(3)):
        lay_sheet(image, random)
    for _ in range(random.integers(3)):
        lay_line(image, random)
    owners = np.zeros((size, size), np.int32)
    pixels = {}
    for number in range(1, int(random.integers(1, MOST_THINGS + 1)) + 1):
        pixels[number] = lay_thing(image, owners, number, things[random.integers(len(things))], random)
    if random.random() < 0.5:
        before = image.copy()
        lay_line(image, random)
        owners[np.abs(image - before).sum(2) > 40] = 0
    boxes = []
    for number, whole in pixels.items():
        seen = owners == number
        if seen.sum() < max(LEAST_PIXELS, VISIBLE * whole):
            continue
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        if min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE:
            boxes.append(box)
    return Sample(
        photographed(image, random), np.array(boxes, np.float32).reshape(-1, 4), np.zeros(len(boxes), np.int64)
    )


def ground(size: int, random: Random) -> Image:
    """Noise of several grains on a colour: smooth, streaky as wood, ruled or written on; turned now and then."""
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


def lay_sheet(image: Image, random: Random) -> None:
    """Something flat and larger than the things, which is not labelled."""
    size = len(image)
    half, angle = random.uniform(0.25, 0.8, 2) * size, random.uniform(0, math.pi)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ turn_by(angle).T + random.uniform(0, size, 2)
    covered = np.zeros((size, size), np.float32)
    cv2.fillConvexPoly(covered, corners.astype(np.int32), 1.0, cv2.LINE_AA)
    image += (ground(size, random) - image) * covered[..., None]


def lay_line(image: Image, random: Random) -> None:
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


def lay_thing(image: Image, owners: NDArray[np.int32], number: int, thing: Cutout, random: Random) -> int:
    """Lay a thing somewhere, at any size and angle, with its shadow; gives how many pixels it would have in all."""
    size, (height, width) = len(image), thing.shape[:2]
    scale = math.exp(random.uniform(math.log(SIZES[0]), math.log(SIZES[1]))) / max(height, width)
    stretch = math.exp(random.uniform(-STRETCH, STRETCH))
    linear = turn_by(random.uniform(0, 2 * math.pi)) @ np.diag(
        [scale * stretch * random.choice((-1, 1)), scale / stretch]
    )
    linear = linear @ np.array([[1, random.uniform(-SLANT, SLANT)], [0, 1]])
    whole = round(abs(np.linalg.det(linear)) * int((thing[..., 3] > 127).sum()))
    if scale < 0.5:  # shrink by averaging first
        thing = cv2.resize(thing, None, fx=1.5 * scale, fy=1.5 * scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        linear = linear @ np.diag([width / thing.shape[1], height / thing.shape[0]])
        height, width = thing.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ linear.T
    corners += random.uniform(0, size, 2) - corners.mean(0)
    low = np.clip(np.floor(corners.min(0)).astype(int) - SHADOW_REACH, 0, size)
    high = np.clip(np.ceil(corners.max(0)).astype(int) + SHADOW_REACH, 0, size)
    if (high <= low).any():
        return whole
    place = slice(low[1], high[1]), slice(low[0], high[0])
    frame = (int(high[0] - low[0]), int(high[1] - low[1]))
    to_frame = np.concatenate([linear, (corners[0] - low)[:, None]], 1)
    piece = cv2.warpAffine(thing, to_frame, frame).astype(np.float32)
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
    owners[place][opacity[..., 0] > 0.5] = number
    return whole


def turn_by(angle: float) -> NDArray[np.float64]:
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def photographed(image: Image, random: Random) -> NDArray[np.uint8]:
    """More or less light, now and then unsharp or noisy."""
    image = image * np.float32(random.uniform(0.5, 1.2)) + np.float32(random.uniform(-20, 30))
    if random.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.3, 1.3)).astype(np.float32, copy=False)
    if random.random() < 0.5:
        image = image + random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(1, 10))
    return np.clip(image, 0, 255).astype(np.uint8)
