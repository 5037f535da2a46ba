"""Picture files for the tests, made by Pillow and OpenCV rather than by the kit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def picture_file(path: Path, width: int, height: int, orientation: int | None = None) -> Path:
    """A picture of `width` x `height` stored pixels, with a white top left quarter so that turns show."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 255
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif)
    return path
