"""Cutouts of objects: drawings from Openclipart, which are in the public domain, with their transparency."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Cutout = NDArray[np.uint8]  # (height, width, 4): blue, green, red, opacity

MAX_SIDE, MIN_SIDE = 192, 48  # of the longer side, in pixels
MAX_ASPECT_RATIO = 5
MAX_PER_FOLDER = 80  # one folder has a thousand stars
# Opaque part of the frame, and the largest connected component's part of what is opaque.
OPAQUE_RANGE = (0.2, 0.93)
MIN_CONNECTED = 0.92
EXCLUDED = ("gradients", "patterns", "backgrounds", "borders", "frames", "flags")


def read_cutouts(folder: Path) -> list[Cutout]:
    """The drawings below a folder that show one solid object, the same ones every time."""
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.png")):
        if not any(word in path.as_posix() for word in EXCLUDED):
            by_folder[path.parent].append(path)
    order, cutouts = random.Random(0), []
    for paths in by_folder.values():
        order.shuffle(paths)
        cutouts += [found for found in map(read_cutout, paths[:MAX_PER_FOLDER]) if found is not None]
    return cutouts


def read_cutout(path: Path) -> Cutout | None:
    """One drawing without the empty space around it, or None where it is not one solid object."""
    drawing = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if drawing is None or drawing.dtype != np.uint8 or drawing.ndim != 3 or drawing.shape[2] != 4:
        return None
    factor = MAX_SIDE / max(drawing.shape[:2])
    if factor < 1:
        drawing = cv2.resize(drawing, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    solid = drawing[..., 3] > 127
    if not solid.any():
        return None
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    frame = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    drawing, solid = drawing[frame], solid[frame]
    longer, shorter = max(solid.shape), min(solid.shape)
    if longer < MIN_SIDE or longer > MAX_ASPECT_RATIO * shorter or not OPAQUE_RANGE[0] < solid.mean() < OPAQUE_RANGE[1]:
        return None
    pieces = cv2.connectedComponentsWithStats(solid.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return np.ascontiguousarray(drawing, np.uint8) if pieces.max() >= MIN_CONNECTED * solid.sum() else None
