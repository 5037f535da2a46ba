"""Pictures as OpenCV arrays: uint8, height x width x 3, in the order blue, green, red."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from kit.annotations.picture_files import SUFFIXES, upright_size
from kit.annotations.streaming.writing import write_errors_told
from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _

Picture: TypeAlias = npt.NDArray[np.uint8]


def read_picture(path: Path) -> Picture:
    """A JPEG or PNG file, upright (EXIF orientation applied). The path may hold any characters.

    Raises:
        InputError: it is no such picture, or is damaged.
    """
    upright_size(path)
    return decode(path.read_bytes(), str(path))


def decode(content: bytes, name: str) -> Picture:
    """The bytes of a JPEG or PNG file, upright.

    Args:
        name: what to call the picture in the message.

    Raises:
        InputError: it is damaged.
    """
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(_("{name}: the picture cannot be decoded; is it damaged?").format(name=name))
    return picture  # type: ignore[return-value]


def write_picture(path: Path, picture: Picture) -> None:
    """Write a JPEG (quality 92) or PNG file, as the suffix of `path` says; whole or not at all.

    Raises:
        InputError: the suffix is another.
        SetupError: the disk is full.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            _("{path}: pictures are written as {suffixes}").format(path=path, suffixes=", ".join(SUFFIXES))
        )
    suffix = path.suffix.lower()
    settings = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 92]
    content = cv2.imencode(suffix, picture, settings)[1].tobytes()
    with write_errors_told(path):
        write_atomically(path, content)
