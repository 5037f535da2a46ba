"""Pictures as OpenCV arrays: uint8, height x width x 3, in the order blue, green, red."""

from __future__ import annotations

from pathlib import Path

import cv2

from kit.annotations.picture_conversion import Picture, converted
from kit.annotations.streaming.writing import write_errors_told
from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _

__all__ = ["Picture", "read_picture", "write_picture"]

_WRITTEN = (".jpg", ".jpeg", ".png")


def read_picture(path: Path) -> Picture:
    """A picture file of any kind that is taken, upright, as the endpoint gets it. The path may hold any characters.

    Raises:
        InputError: it is no such picture, or is damaged.
    """
    return converted(path).pixels


def write_picture(path: Path, picture: Picture) -> None:
    """Write a JPEG (quality 92) or PNG file, as the suffix of `path` says; whole or not at all.

    Raises:
        InputError: the suffix is another.
        SetupError: the disk is full.
    """
    if path.suffix.lower() not in _WRITTEN:
        raise InputError(
            _("{path}: pictures are written as {suffixes}").format(path=path, suffixes=", ".join(_WRITTEN))
        )
    suffix = path.suffix.lower()
    settings = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 92]
    content = cv2.imencode(suffix, picture, settings)[1].tobytes()
    with write_errors_told(path):
        write_atomically(path, content)
