"""Pictures from outside: their size before they are decoded, their pixels upright and no larger than needed."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import InputError
from detector.picture_bytes import judged

# OpenCV's names for reduced sizes fix the order of colours too, but for the grey ones, which say nothing of it.
REDUCED = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_COLOR_RGB,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_COLOR_RGB,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_COLOR_RGB,
}


def stored_size(data: bytes) -> tuple[int, int]:
    """Width and height that a JPEG or PNG file declares, before its EXIF orientation is applied.

    Raises:
        InputError: it is neither, or what it claims does not hold.
    """
    found = judged(data)
    return found.width, found.height


def decode(data: bytes, pixels: int | None = None) -> NDArray[np.uint8]:
    """The picture as uint8 RGB (height, width, 3), upright as its EXIF orientation says.

    Args:
        data: a JPEG or PNG file.
        pixels: enough for the caller; a far larger JPEG is decoded at a half, a quarter or an eighth, which saves most
            of the time and memory.

    Raises:
        InputError: it is no JPEG or PNG, damaged, or claims more than is there or than `MOST_PIXELS`.
    """
    found = judged(data)
    surplus = math.sqrt(found.width * found.height / pixels) if pixels else 1.0
    factor = max((factor for factor in REDUCED if factor <= surplus), default=1)
    try:
        image = cv2.imdecode(np.frombuffer(found.data, np.uint8), REDUCED[factor])
    except cv2.error as error:  # its own limits, and what it takes for granted
        raise InputError(f"the picture is damaged and cannot be decoded: {error.err}") from error
    if image is None:
        raise InputError("the picture is damaged and cannot be decoded")
    return image.astype(np.uint8, copy=False)
