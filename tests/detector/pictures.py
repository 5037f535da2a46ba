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


def progressive(scans: int | None = None) -> bytes:
    """A progressive JPEG of 64 x 48; with so many scans, of which all but the ordinary ones repeat the last."""
    data = cv2.imencode(".jpg", corner_picture(64, 48), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1))[1].tobytes()
    return data if scans is None else data[:-2] + data[data.rindex(b"\xff\xda") : -2] * scans + data[-2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, data: bytes = b"", before: bytes = b"") -> bytes:
    """A PNG of three bytes a pixel; `before` are whole chunks between its header and its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
