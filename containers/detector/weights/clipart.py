"""Things to find: drawings from Openclipart, which are in the public domain, cut out along their transparency."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Cutout = NDArray[np.uint8]  # (height, width, 4): blue, green, red, opacity

LONGEST, SHORTEST = 192, 48  # of the longer side, in pixels
SLIMMEST = 5
MOST_OF_A_FOLDER = 80  # one folder has a thousand stars
# Shares of the frame, and of the drawing that hangs together.
FILLED = (0.2, 0.93)
ONE_PIECE = 0.92
NO_THINGS = ("gradients", "patterns", "backgrounds", "borders", "frames", "flags")


def cutouts(folder: Path) -> list[Cutout]:
    """The drawings below a folder that show one solid thing, always the same ones."""
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.png")):
        if not any(word in path.as_posix() for word in NO_THINGS):
            by_folder[path.parent].append(path)
    choice, found = random.Random(0), []
    for paths in by_folder.values():
        choice.shuffle(paths)
        found += [thing for thing in map(cutout, paths[:MOST_OF_A_FOLDER]) if thing is not None]
    return found


def cutout(path: Path) -> Cutout | None:
    """One drawing without the empty space around it, or None where it is not one solid thing."""
    drawing = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if drawing is None or drawing.dtype != np.uint8 or drawing.ndim != 3 or drawing.shape[2] != 4:
        return None
    factor = LONGEST / max(drawing.shape[:2])
    if factor < 1:
        drawing = cv2.resize(drawing, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    solid = drawing[..., 3] > 127
    if not solid.any():
        return None
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    frame = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    drawing, solid = drawing[frame], solid[frame]
    longer, shorter = max(solid.shape), min(solid.shape)
    if longer < SHORTEST or longer > SLIMMEST * shorter or not FILLED[0] < solid.mean() < FILLED[1]:
        return None
    pieces = cv2.connectedComponentsWithStats(solid.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return np.ascontiguousarray(drawing, np.uint8) if pieces.max() >= ONE_PIECE * solid.sum() else None
