"""Pictures with boxes in a row, for tests of what an epoch draws from them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from detector.training.dataset import LabelledPicture, PictureCache


def cache(folder: Path, *classes: list[int]) -> PictureCache:
    """A picture for each list, with a box in a row for each class in it."""
    pictures = []
    for number, kinds in enumerate(classes):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), np.full((96, 32 * max(3, len(kinds)), 3), 40 * number % 256, np.uint8))
        boxes = np.array([[32 * place + 4, 20, 32 * place + 28, 70] for place in range(len(kinds))], np.float32)
        size = (32 * max(3, len(kinds)), 96)
        pictures.append(LabelledPicture(path, size, boxes.reshape(-1, 4), np.array(kinds, np.int64)))
    return PictureCache(pictures, 96)
