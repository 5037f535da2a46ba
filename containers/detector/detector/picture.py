"""Pictures from outside: their size before they are decoded, their pixels upright and no larger than needed."""

from __future__ import annotations

import math
import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import InputError

# A picture that says it is larger is refused before a byte of it is decoded: 50 megapixels are 150 MB of memory.
MOST_PIXELS = 50_000_000

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
# Start-of-frame markers; C4, C8 and CC in their midst are tables, not frames.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))

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
        InputError: it is neither, or its header is cut off.
    """
    if data.startswith(PNG_SIGNATURE) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(JPEG_SIGNATURE):
        position = 2
        while position + 9 <= len(data):
            if data[position] != 0xFF:
                break
            marker = data[position + 1]
            if marker == 0xFF:  # padding
                position += 1
            elif marker in JPEG_FRAMES:
                height, width = struct.unpack(">HH", data[position + 5 : position + 9])
                return width, height
            elif marker in JPEG_WITHOUT_LENGTH:
                position += 2
            else:
                position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        raise InputError("the JPEG's header is damaged or cut off")
    raise InputError("the file is neither a JPEG nor a PNG picture")


def decode(data: bytes, pixels: int | None = None) -> NDArray[np.uint8]:
    """The picture as uint8 RGB (height, width, 3), upright as its EXIF orientation says.

    Args:
        data: a JPEG or PNG file.
        pixels: so many are enough; a far larger JPEG is decoded at a half, a quarter or an eighth, which saves most of
            the time and memory.

    Raises:
        InputError: it is no JPEG or PNG, damaged, or declares more than `MOST_PIXELS`.
    """
    width, height = stored_size(data)
    if not 0 < width * height <= MOST_PIXELS:
        raise InputError(f"the picture declares {width} x {height} pixels: at most {MOST_PIXELS:,} are taken")
    surplus = math.sqrt(width * height / pixels) if pixels else 1.0
    factor = max((factor for factor in REDUCED if factor <= surplus), default=1)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), REDUCED[factor])
    if image is None:
        raise InputError("the picture is damaged and cannot be decoded")
    return image.astype(np.uint8, copy=False)
