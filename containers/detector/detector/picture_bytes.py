"""The bytes of a picture file, judged before a decoder believes what they claim.

A decoder makes room for what a file claims before it looks whether that is there, and another reader of the same file
may take another claim for the true one. So the file is walked here as libpng and libjpeg walk it, anything that could
be read in two ways is refused, and a decoder is handed only what makes the picture.
Sources: https://www.w3.org/TR/png-3/ and ITU-T T.81, annex B; libjpeg's `next_marker` and `read_markers`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from detector import MOST_PIXELS
from detector.errors import InputError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
# What makes the picture and its orientation. The others are texts, profiles and further pictures of an animation; some
# hold compressed data that a decoder unpacks, 1000 bytes for each.
PNG_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"))
# Baseline, extended and progressive. The others (lossless, arithmetic) nobody's camera or browser knows.
JPEG_FRAMES = (0xC0, 0xC1, 0xC2)
JPEG_OTHER_FRAMES = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xCC}
JPEG_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# Each scan goes over the whole picture again, whatever is in it. Encoders write about ten.
MOST_SCANS = 64
# Values of all components of a picture together, which a decoder holds at once.
MOST_VALUES = 3 * MOST_PIXELS


@dataclass(frozen=True)
class PictureBytes:
    """A picture file whose claims hold: width and height as stored, before EXIF's orientation, and what to decode."""

    width: int
    height: int
    data: bytes


def judged(data: bytes) -> PictureBytes:
    """The contents of a JPEG or PNG file, checked against what it claims.

    Raises:
        InputError: it is neither, claims more than is there or than `MOST_PIXELS`, or can be read in two ways.
    """
    if data.startswith(PNG_SIGNATURE):
        return of_png(data)
    # OpenCV takes whatever has "ftyp" there for AVIF, whose sizes nobody has looked at.
    if data.startswith(JPEG_SIGNATURE) and data[4:8] != b"ftyp":
        return of_jpeg(data)
    raise InputError("the file is neither a JPEG nor a PNG picture")


def of_png(data: bytes) -> PictureBytes:
    if data[8:16] != b"\0\0\0\rIHDR" or len(data) < 33:
        raise InputError("the PNG's header is damaged or cut off")
    width, height = struct.unpack(">II", data[16:24])
    refuse_too_large(width, height, 3)
    kept = [PNG_SIGNATURE, data[8:33]]
    position = 33
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if length > len(data) - position - 12:
            raise InputError("the picture is damaged and cannot be decoded: a part of it claims more than there is")
        if kind in PNG_CHUNKS and kind != b"IHDR":
            kept.append(data[position : position + 12 + length])
        position += 12 + length
        if kind == b"IEND":
            break
    return PictureBytes(width, height, b"".join(kept))


def of_jpeg(data: bytes) -> PictureBytes:
    if data.count(bytes((0xFF, START_OF_SCAN))) > MOST_SCANS:
        raise InputError(f"the picture goes over itself more than {MOST_SCANS} times: save it anew as an ordinary JPEG")
    size: tuple[int, int] | None = None
    position = 2
    while (position := data.find(b"\xff", position)) >= 0 and position + 1 < len(data):
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
        elif marker == 0 or marker in JPEG_WITHOUT_LENGTH:
            position += 2
        elif marker == END_OF_IMAGE:
            break
        else:
            length = int.from_bytes(data[position + 2 : position + 4], "big")
            if length < 2 or position + 2 + length > len(data):
                break
            if marker == START_OF_SCAN and size:
                return PictureBytes(*size, data)
            if marker in JPEG_OTHER_FRAMES:
                raise InputError("the JPEG is of a kind that is not taken: save it anew as an ordinary one")
            if marker in JPEG_FRAMES:
                if size or length < 8:
                    break
                height, width = struct.unpack(">HH", data[position + 5 : position + 9])
                size = width, height
                refuse_too_large(width, height, data[position + 9])
            position += 2 + length
    raise InputError("the JPEG's header is damaged or cut off")


def refuse_too_large(width: int, height: int, components: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise InputError(f"the picture declares {width} x {height} pixels: at most {MOST_PIXELS:,} are taken")
    if width * height * components > MOST_VALUES:
        raise InputError(f"the picture declares {width} x {height} pixels of {components} values: make it smaller")
