"""Pictures from outside: upright, no larger than needed, refused before they do harm."""

from __future__ import annotations

import base64
import os
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from detector import picture
from detector.errors import InputError

from tests.detector.pictures import chunk, corner_picture, jpeg, png, progressive

# 61 bytes; the chunk IDAT claims 4 GB.
IDAT_CLAIMS_4_GB = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADIAAAAeCAIAAADhM9qr////8ElEQVR4eHh4eHh4eHh4eHh4eHh4eHh4eA=="
)
ORDINARY = jpeg(corner_picture(64, 64))
# SOF0 of a frame of 20000 x 20000, three components.
HUGE_FRAME = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20_000, 20_000) + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"


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
        (IDAT_CLAIMS_4_GB, "claims more than there is"),
        (png(50, 30)[:33] + chunk(b"tEXt", b"x")[4:] + bytes(99), "claims more than there is"),
        # Readers step over these in two ways; the frame is the one that libjpeg finds.
        (ORDINARY[:2] + b"\xff\x00\x00\x13" + HUGE_FRAME + ORDINARY[2:], "declares 20000 x 20000 pixels"),
        (ORDINARY[:2] + b"\xff\x01\x00\x13" + HUGE_FRAME + ORDINARY[2:], "declares 20000 x 20000 pixels"),
        (ORDINARY[:2] + b"\xff\xd0\x00\x13" + HUGE_FRAME + ORDINARY[2:], "declares 20000 x 20000 pixels"),
        (ORDINARY[:2] + b"\xff\x00\x00\x13\xff" + HUGE_FRAME + ORDINARY[2:], "declares 20000 x 20000 pixels"),
        (ORDINARY[:20] + b"\x00\x00" + HUGE_FRAME + ORDINARY[20:], "declares 20000 x 20000 pixels"),
        (ORDINARY.replace(b"\xff\xda", HUGE_FRAME + b"\xff\xda", 1), "damaged"),
        (ORDINARY.replace(b"\xff\xda", ORDINARY[ORDINARY.index(b"\xff\xc0") :][:19] + b"\xff\xda", 1), "damaged"),
        # An AVIF for OpenCV, a JPEG for everybody else.
        (b"\xff\xd8\xff\xe0ftypavif" + bytes(26_000) + ORDINARY[2:], "neither a JPEG nor a PNG"),
        (ORDINARY.replace(b"\xff\xc0", b"\xff\xc9"), "of a kind that is not taken"),
        (progressive(scans=500), "more than 64 times"),
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


LIMITED = """
import resource, sys
from detector import picture
from detector.errors import InputError
data = sys.stdin.buffer.read()
picture.decode(open(sys.argv[1], "rb").read())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    picture.decode(data)
except InputError:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    "data",
    [
        IDAT_CLAIMS_4_GB,
        png(50, 30, b"", chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(500_000_000)))),
        png(50, 30, b"", chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(7_000_000))) * 20),
        ORDINARY[:2] + b"\xff\x00\x00\x13" + HUGE_FRAME + ORDINARY[2:],
    ],
    ids=["claimed length", "profile", "texts", "false marker"],
)
def test_a_small_file_takes_little_memory(data: bytes, tmp_path) -> None:
    ordinary = tmp_path / "ordinary.jpg"
    ordinary.write_bytes(ORDINARY)
    command = [sys.executable, "-c", LIMITED, os.fspath(ordinary)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 20  # MB


def test_opencv_has_the_limit_too() -> None:
    """Past our own reading, as a reader that overlooks something would let it."""
    program = "import sys, detector, cv2, numpy; cv2.imdecode(numpy.frombuffer(sys.stdin.buffer.read(), 'u1'), 1)"
    huge = ORDINARY.replace(ORDINARY[ORDINARY.index(b"\xff\xc0") :][:19], HUGE_FRAME, 1)
    done = subprocess.run([sys.executable, "-c", program], input=huge, capture_output=True, timeout=60, check=False)
    assert b"CV_IO_MAX_IMAGE_PIXELS" in done.stderr


def test_what_does_not_make_the_picture_is_left_out_and_its_orientation_kept() -> None:
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    stored = cv2.imencode(".png", corner_picture())[1].tobytes()
    end = stored.index(b"IEND") - 4
    for place in (33, end):
        data = stored[:place] + chunk(b"acTL", bytes(8)) + chunk(b"eXIf", tiff) + stored[place:]
        assert picture.decode(data).shape == (640, 480, 3)


def test_a_progressive_picture_is_taken() -> None:
    assert picture.decode(progressive()).shape == (48, 64, 3)
