"""Pictures as bytes, some of which no camera makes."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np


def corner_picture(width: int = 640, height: int = 480) -> np.ndarray:
    """BGR: red in the upper left corner, black elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 4, : width // 4] = (0, 0, 255)
    return pixels


def jpeg(pixels: np.ndarray, orientation: int | None = None) -> bytes:
    data = cv2.imencode(".jpg", pixels)[1].tobytes()
    if orientation is None:
        return data
    tag = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + tag + struct.pack("<I", 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
