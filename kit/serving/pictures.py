"""Pictures for the page: the run's held-out ones, and those of people's that their browser cannot decode."""

from __future__ import annotations

import functools
import tempfile
import threading
from pathlib import Path

import cv2

from kit.detection.picture import read_picture
from kit.detection.request import body_of
from kit.errors import InputError

THUMBNAIL_HEIGHT = 96
_QUALITY = 80
# What is cut off is mended by a setting of Pillow's that all threads have.
_one_at_a_time = threading.Lock()


def as_sent(path: Path) -> bytes:
    """A picture file as the run sent it to its endpoint. Raises InputError as `body_of`."""
    with _one_at_a_time:
        return body_of(path)


def decoded_here(content: bytes) -> bytes:
    """A picture of any kind that is taken as an upright JPEG or PNG.

    Raises:
        InputError: it is no such picture, or is damaged; says why without a name.
    """
    with tempfile.NamedTemporaryFile(prefix="kit-picture-") as file:
        file.write(content)
        file.flush()
        try:
            return as_sent(Path(file.name))
        except InputError as error:
            raise InputError(str(error).removeprefix(f"{file.name}: ")) from error


@functools.lru_cache(maxsize=1024)
def thumbnail(path: Path) -> bytes:
    """A small JPEG of a picture file. Raises InputError as `body_of`."""
    with _one_at_a_time:
        picture = read_picture(path)
    height, width = picture.shape[:2]
    size = (max(1, round(width * THUMBNAIL_HEIGHT / height)), THUMBNAIL_HEIGHT)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
