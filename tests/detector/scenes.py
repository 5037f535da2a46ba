"""Simple synthetic pictures of three kinds of plugs with clutter, drawn by OpenCV; exact boxes.

    python tests/detector/scenes.py FOLDER COUNT [SEED]     writes a training channel: images/ and annotations.json

They look like nothing a camera sees, and are hard enough that a detector must tell shapes apart at every angle.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

LABELS = ("usb-a", "usb-c", "lightning")
# Of each plug, in its housing's length: metal length, metal width, housing width.
SHAPES = {0: (0.55, 0.42, 0.55), 1: (0.35, 0.26, 0.40), 2: (0.40, 0.15, 0.36)}


def scene(random: np.random.Generator, width: int = 640, height: int = 480, plugs: int | None = None):
    """A picture uint8 BGR (height, width, 3), boxes [[left, top, right, bottom]] in pixels, classes."""
    base = random.uniform(40, 220, 3)
    coarse = random.normal(0, 14, (height // 16, width // 16, 3))
    picture = (
        base
        + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        + random.normal(0, 4, (height, width, 3))
    )
    light = np.linspace(*random.uniform(0.7, 1.25, 2), width)[None, :, None]
    picture = np.clip(picture * light, 0, 255).astype(np.uint8)
    for _ in range(random.integers(3, 10)):
        clutter(picture, random)
    boxes, classes = [], []
    wanted = int(random.integers(1, 6)) if plugs is None else plugs
    while len(boxes) < wanted:
        kind, size = int(random.integers(len(LABELS))), random.uniform(0.09, 0.28) * width
        centre = random.uniform((0.1, 0.1), (0.9, 0.9)) * (width, height)
        drawn, mask = plug(picture.copy(), kind, centre, size, random)
        left, top, across, down = cv2.boundingRect(mask)
        box = [left, top, left + across, top + down]
        if all(box[0] > b[2] or box[2] < b[0] or box[1] > b[3] or box[3] < b[1] for b in boxes):
            picture = drawn
            boxes.append(box)
            classes.append(kind)
    return cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.0)), boxes, classes


def oriented(centre, angle: float, x: float, y: float, length: float, width: float):
    """Corners of a rectangle given along and across the plug's axis, int32 (4, 2)."""
    axis = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-axis[1], axis[0]])
    middle = np.asarray(centre) + axis * x + across * y
    corners = [middle + axis * length * i / 2 + across * width * j / 2 for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return np.round(corners).astype(np.int32)


def plug(picture, kind: int, centre, size: float, random: np.random.Generator):
    """Draw a plug with its cable; gives the picture and the mask of metal and housing."""
    metal_length, metal_width, housing_width = SHAPES[kind]
    housing = size * random.uniform(0.5, 0.65)
    angle = random.uniform(0, 2 * np.pi)
    grey = random.uniform(150, 235)
    colour = random.uniform(10, 245, 3)
    mask = np.zeros(picture.shape[:2], np.uint8)
    tail = np.asarray(centre) - np.array([np.cos(angle), np.sin(angle)]) * housing / 2
    bend = tail + random.uniform(-200, 200, 2)
    cv2.line(
        picture, tuple(map(int, tail)), tuple(map(int, bend)), tuple(colour * 0.9), max(2, int(size * 0.1)), cv2.LINE_AA
    )
    parts = [
        (0, 0, housing, housing * housing_width, colour),
        (housing * (0.5 + metal_length / 2), 0, housing * metal_length, housing * metal_width, (grey, grey, grey)),
    ]
    for x, y, length, width, shade in parts:
        corners = oriented(centre, angle, x, y, length, width)
        cv2.fillPoly(picture, [corners], tuple(shade), cv2.LINE_AA)
        cv2.polylines(picture, [corners], True, tuple(np.multiply(shade, 0.6)), 1, cv2.LINE_AA)
        cv2.fillPoly(mask, [corners], 255)
    if kind == 0:
        for side in (-1, 1):
            hole = oriented(centre, angle, housing * 0.8, side * housing * 0.1, housing * 0.12, housing * 0.09)
            cv2.fillPoly(picture, [hole], (30, 30, 30), cv2.LINE_AA)
    if kind == 2:
        for pin in range(4):
            contact = oriented(
                centre, angle, housing * 0.75, housing * (pin - 1.5) * 0.035, housing * 0.2, housing * 0.02
            )
            cv2.fillPoly(picture, [contact], (60, 170, 200), cv2.LINE_AA)
    return picture, mask


def clutter(picture, random: np.random.Generator) -> None:
    """A pen, a coin, paper or a cable that is no plug."""
    height, width = picture.shape[:2]
    centre, angle = random.uniform((0, 0), (width, height)), random.uniform(0, np.pi)
    colour, size = tuple(random.uniform(10, 245, 3)), random.uniform(0.05, 0.3) * width
    kind = random.integers(4)
    if kind == 0:
        cv2.fillPoly(picture, [oriented(centre, angle, 0, 0, size, size * 0.08)], colour, cv2.LINE_AA)
    elif kind == 1:
        cv2.circle(picture, tuple(map(int, centre)), int(size * 0.2), colour, -1, cv2.LINE_AA)
    elif kind == 2:
        cv2.fillPoly(picture, [oriented(centre, angle, 0, 0, size, size * random.uniform(0.4, 1))], colour, cv2.LINE_AA)
    else:
        points = np.cumsum(random.uniform(-size, size, (6, 2)), 0) + centre
        cv2.polylines(picture, [points.astype(np.int32)], False, colour, int(random.integers(2, 8)), cv2.LINE_AA)


def write_channel(folder: Path, count: int, seed: int = 0, size: tuple[int, int] = (640, 480)) -> None:
    """A JumpStart training channel: `annotations.json` and `images/`."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    document: dict[str, list[dict[str, object]]] = {"images": [], "annotations": []}
    for number in range(count):
        picture, boxes, classes = scene(random, *size)
        name = f"{number:03}.jpg"
        cv2.imwrite(str(folder / "images" / name), picture, (cv2.IMWRITE_JPEG_QUALITY, 92))
        document["images"].append({"file_name": name, "height": size[1], "width": size[0], "id": number})
        document["annotations"] += [
            {"image_id": number, "bbox": box, "category_id": kind} for box, kind in zip(boxes, classes, strict=True)
        ]
    (folder / "annotations.json").write_text(json.dumps(document))


def main(arguments: Sequence[str]) -> None:
    write_channel(Path(arguments[0]), int(arguments[1]), int(arguments[2]) if len(arguments) > 2 else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
