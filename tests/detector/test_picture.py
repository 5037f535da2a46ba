"""Pictures from outside: upright, no larger than needed, refused before they do harm."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from detector import picture
from detector.errors import InputError

from tests.detector.pictures import corner_picture, jpeg, png


@pytest.mark.parametrize("pixels", [None, 160 * 120])
@pytest.mark.parametrize(
    ("orientation", "corner", "shape"),
    [
        (1, (0, 0), (480, 640)),
        (3, (-1, -1), (480, 640)),
        (6, (0, -1), (640, 480)),  # the camera was turned: upper left is shown upper right
        (8, (-1, 0), (640, 480)),
    ],
)
def test_exif_orientation_is_applied(orientation, corner, shape, pixels) -> None:
    decoded = picture.decode(jpeg(corner_picture(), orientation), pixels)
    assert decoded.shape[0] / decoded.shape[1] == shape[0] / shape[1]
    assert decoded.shape[0] == shape[0] // (4 if pixels else 1)
    assert decoded[corner].tolist() == pytest.approx([255, 0, 0], abs=5)  # red first: RGB


def test_a_png_with_alpha_or_grey_becomes_rgb() -> None:
    for pixels in (np.full((50, 60, 4), 90, np.uint8), np.full((50, 60), 90, np.uint8)):
        decoded = picture.decode(cv2.imencode(".png", pixels)[1].tobytes())
        assert decoded.shape == (50, 60, 3)
        assert decoded[0, 0].tolist() == [90, 90, 90]


@pytest.mark.parametrize("extension", [".jpg", ".png"])
@pytest.mark.parametrize("parameters", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_stored_size(extension, parameters) -> None:
    data = cv2.imencode(extension, corner_picture(333, 222), parameters if extension == ".jpg" else ())[1].tobytes()
    assert picture.stored_size(data) == (333, 222)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither a JPEG nor a PNG"),
        (b"GIF89a" + bytes(100), "neither a JPEG nor a PNG"),
        (jpeg(corner_picture())[:100], "damaged or cut off"),
        (jpeg(corner_picture())[:2000], "damaged"),
        (png(100, 100, b"too few"), "damaged"),
        (png(60_000, 60_000), "declares 60000 x 60000 pixels"),
        (png(0, 10), "declares 0 x 10 pixels"),
        (b"\xff\xd8\xff\xe0" + b"\0\0" * 50, "damaged or cut off"),  # a segment of length 0
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        picture.decode(data)


def test_noise_never_does_worse_than_being_refused() -> None:
    random = np.random.default_rng(0)
    good = jpeg(corner_picture(64, 48))
    for _ in range(300):
        data = bytearray(good)
        for position in random.integers(0, len(data), 5):
            data[position] = random.integers(256)
        try:
            decoded = picture.decode(bytes(data))
        except InputError:
            continue
        assert decoded.dtype == np.uint8
        assert decoded.ndim == 3
