"""Pictures cut out of a stream: by their own bytes, whatever the pipe's pieces are."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image

from kit.detection import picture_stream
from kit.detection.picture_stream import PictureStream
from kit.errors import InputError

NOISE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


def with_a_thumbnail() -> bytes:
    """As cameras write them: a whole JPEG, its end and all, inside the EXIF block of another."""
    thumbnail = io.BytesIO()
    Image.fromarray(NOISE[:16, :16]).save(thumbnail, "JPEG")
    target = io.BytesIO()
    Image.fromarray(NOISE).save(target, "JPEG", exif=b"Exif\0\0" + thumbnail.getvalue())
    return target.getvalue()


def progressive() -> bytes:
    target = io.BytesIO()
    Image.fromarray(NOISE).save(target, "JPEG", progressive=True)
    return target.getvalue()


def restarting() -> bytes:
    return cv2.imencode(".jpg", NOISE, [cv2.IMWRITE_JPEG_RST_INTERVAL, 1])[1].tobytes()


PICTURES = [
    cv2.imencode(".jpg", NOISE)[1].tobytes(),
    cv2.imencode(".png", NOISE)[1].tobytes(),
    with_a_thumbnail(),
    progressive(),
    restarting(),
]


class Drip(io.RawIOBase):
    """Gives one byte at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(1)


@pytest.mark.parametrize("stream", [io.BytesIO, Drip], ids=["in one piece", "byte by byte"])
def test_each_picture_comes_out_as_it_went_in(stream: type) -> None:
    assert list(PictureStream(stream(b"".join(PICTURES))).pictures()) == PICTURES


def test_a_picture_is_there_before_the_next_one_has_begun() -> None:
    reading, writing = os.pipe()
    came = threading.Event()

    def send() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for picture in PICTURES:
                pipe.write(picture)
                assert came.wait(60), "the picture before was not handed on"
                came.clear()

    sender = threading.Thread(target=send)
    sender.start()
    with os.fdopen(reading, "rb") as stream:
        for number, picture in enumerate(PictureStream(stream).pictures()):
            assert picture == PICTURES[number]
            came.set()
    sender.join()


def test_what_is_cut_off_is_handed_on_for_the_decoder_to_judge() -> None:
    cut = PICTURES[0][:-100]
    assert list(PictureStream(io.BytesIO(PICTURES[1] + cut)).pictures()) == [PICTURES[1], cut]


def test_what_is_no_picture_is_told_from_one() -> None:
    stream = PictureStream(io.BytesIO(b"not a picture"))
    assert not stream.begins_with_a_picture()
    assert stream.rest() == b"not a picture"
    assert PictureStream(io.BytesIO(PICTURES[0])).begins_with_a_picture()
    assert not PictureStream(io.BytesIO(b"")).begins_with_a_picture()
    rest: Iterator[bytes] = PictureStream(io.BytesIO(PICTURES[0] + b"and something else")).pictures()
    assert next(rest) == PICTURES[0]
    with pytest.raises(InputError, match="neither a JPEG nor a PNG"):
        next(rest)


def test_a_stream_that_never_ends_a_picture_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_stream, "MOST_BYTES", 100_000)
    endless = PictureStream(io.BytesIO(PICTURES[0][:-2] + b"\0" * 1_000_000))
    with pytest.raises(InputError, match="100,000 bytes"):
        list(endless.pictures())
    with pytest.raises(InputError, match="100,000 bytes"):
        PictureStream(io.BytesIO(b"x" * 1_000_000)).rest()
