"""What a picture of any kind becomes for the bucket and the endpoint: an upright JPEG or PNG that OpenCV decodes.

This is the only place that decodes pictures of people's. Both trainers and the endpoint decode with OpenCV, so that
what it makes of the bytes is what counts.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from kit.annotations.picture_files import opened, orientation, quiet
from kit.errors import InputError
from kit.language import _

Picture: TypeAlias = npt.NDArray[np.uint8]

# Of a picture whose end is missing so much has to be there, in rows from its top. Boxes on the rest would teach that
# the grey there is the object.
LEAST_SHARE = 0.9
_JPEG_QUALITY = 95
# The detector takes no JPEG with more scans, and counts what looks like one in the film that a telephone appends.
MOST_SCANS = 64
_SCAN = b"\xff\xda"
_PNG = b"\x89PNG\r\n\x1a\n"
# What Pillow leaves in every channel where the file ends before the pixels do: grey (127 is that of CMYK), black.
_MISSING = {"JPEG": (127, 128), "PNG": (0,)}
# What undoes each of EXIF's orientations.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class ConvertedPicture:
    """A picture as it goes into the bucket.

    Attributes:
        content: a JPEG or PNG file that is upright without EXIF; the file's own bytes where that is so already.
        content_type: its media type.
        pixels: what OpenCV decodes from it, height x width x 3, blue-green-red.
        remark: what was mended that people should know; "" when nothing was.
    """

    content: bytes
    content_type: str
    pixels: Picture
    remark: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


def converted(path: Path, *, mend: bool = True) -> ConvertedPicture:
    """Decode a picture file of any kind that is taken, and say what goes into the bucket for it.

    Transparent parts become white. Pixels of 16 bits become 8 bits, from the least of 8, 10, 12, 14 or 16 that hold the
    brightest: a camera's 12 bits stored in 16 would be nearly black. Of several pictures in a file, the first.

    Args:
        mend: whether a JPEG or PNG whose end is missing is taken when at least `LEAST_SHARE` of it is there, as other
            programs show it. Only one thread may ask for that at a time.

    Raises:
        InputError: it is no such picture, damaged, or too large.
    """
    with opened(path, whole=True) as image:
        kind = "PNG" if image.format in ("PNG", "BMP", "TIFF", "GIF") else "JPEG"
        content, remark = _content(path, image, kind)
        if content is not None and (pixels := decoded(content)) is not None:
            remark = remark or _damage(content)
            if kind == "JPEG" and content.count(_SCAN) > MOST_SCANS:
                content = encoded(pixels, kind)
            return ConvertedPicture(content, _media_type(content), pixels, remark)
        mended = _mended(path, kind) if mend and image.format in ("JPEG", "MPO", "PNG") else None
    if mended is None:
        raise InputError(_("{path}: the picture is damaged").format(path=path))
    pixels, share = mended
    if share < LEAST_SHARE:
        raise InputError(
            _("{path}: the picture is cut off, only {share:.0%} of it is there").format(path=path, share=share)
        )
    content = encoded(pixels, kind)
    remark = _damage(path.read_bytes()) or _("the end of the file is missing; taken as other programs show it")
    return ConvertedPicture(content, _media_type(content), pixels, remark)


def upright_bytes(path: Path) -> bytes:
    """The `content` of `converted`."""
    return converted(path).content


def decoded(content: bytes, flags: int = cv2.IMREAD_COLOR) -> Picture | None:
    """The pixels of a picture file by OpenCV, upright; None when it makes nothing of the bytes."""
    if _claims_too_much(content):
        return None
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flags)  # type: ignore[return-value]
    except cv2.error:
        return None


def encoded(pixels: Picture, kind: str) -> bytes:
    """A JPEG or PNG file of the pixels."""
    settings = [] if kind == "PNG" else [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    return cv2.imencode(".png" if kind == "PNG" else ".jpg", pixels, settings)[1].tobytes()


def _content(path: Path, image: Image.Image, kind: str) -> tuple[bytes | None, str]:
    """The bytes for the bucket, None when the picture is damaged; and a remark."""
    if _is_deep(path, image):
        return _from_sixteen_bits(path)
    if image.mode in ("I", "F"):
        raise InputError(_("{path}: its pixels have 32 bits, more than pictures have").format(path=path))
    turned = orientation(image, path)
    plain = image.format in ("JPEG", "MPO", "PNG") and image.mode != "CMYK" and not _is_transparent(image)
    if plain and turned == 1:
        return path.read_bytes(), ""
    try:
        with quiet:
            image.load()
            upright = _turned(image, turned)
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError):
        return None, ""
    # A profile is one of the colours that the file has: after a change of these it would be wrong.
    profile = image.info.get("icc_profile") if image.mode in ("L", "P", "RGB", "RGBA") else None
    target = io.BytesIO()
    _flat(upright).save(target, format=kind, quality=_JPEG_QUALITY, exif=b"", icc_profile=profile)
    return target.getvalue(), ""


def _turned(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def _flat(image: Image.Image) -> Image.Image:
    """The picture in grey or in colours, what is transparent on white."""
    if _is_transparent(image):
        above = image.convert("RGBA")
        white = Image.new("RGBA", above.size, "white")
        return Image.alpha_composite(white, above).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def _is_deep(path: Path, image: Image.Image) -> bool:
    """Whether its pixels have 16 bits, of which Pillow keeps the upper 8 of colours."""
    if image.format == "TIFF":
        bits_per_sample = image.tag_v2.get(258, (1,))  # type: ignore[attr-defined]
        return 16 in bits_per_sample
    if image.format != "PNG":
        return False
    with path.open("rb") as file:
        return file.read(25)[24:] == b"\x10"


def _from_sixteen_bits(path: Path) -> tuple[bytes | None, str]:
    pixels = decoded(path.read_bytes(), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if pixels is None or pixels.dtype != np.uint16:
        return None, ""
    brightest = int(pixels.max())
    bits = next(bits for bits in (8, 10, 12, 14, 16) if brightest < 1 << bits)
    remark = "" if bits == 16 else _("of its 16 bits only {bits} are in use; made lighter").format(bits=bits)
    return encoded((pixels >> (bits - 8)).astype(np.uint8), "PNG"), remark


def _mended(path: Path, kind: str) -> tuple[Picture, float] | None:
    """The pixels of a JPEG or PNG whose end is missing, as most programs show them, and the part that is there."""
    try:
        with _ends_may_be_missing(), quiet, opened(path, whole=True) as image:
            image.load()
            upright = _flat(_turned(image, orientation(image, path))).convert("RGB")
            stored = np.asarray(image)
    except (OSError, SyntaxError, ValueError, EOFError):
        return None
    missing = np.isin(stored, _MISSING[kind]).reshape(len(stored), -1)
    rows = 1 + np.flatnonzero(~missing.all(axis=1)).max(initial=-1)
    # OpenCV's order of colours.
    return np.ascontiguousarray(np.asarray(upright)[..., ::-1]), float(rows / len(stored))


@contextmanager
def _ends_may_be_missing() -> Iterator[None]:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _claims_too_much(content: bytes) -> bool:
    """Whether a PNG's chunk is longer than the file: OpenCV would take memory for all of it, up to 4 GB."""
    position, kind = len(_PNG), b""
    while content.startswith(_PNG) and position + 8 <= len(content) and kind != b"IEND":
        kind = content[position + 4 : position + 8]
        position += 12 + _length(content, position)
    return position > len(content)


def _damage(content: bytes) -> str:
    """What to say of a PNG whose checksums do not fit, which OpenCV passes over: a lost bit changes what is behind."""
    position, kind = len(_PNG), b""
    while content.startswith(_PNG) and position + 8 <= len(content) and kind != b"IEND":
        kind, end = content[position + 4 : position + 8], position + 8 + _length(content, position)
        if zlib.crc32(memoryview(content)[position + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return "" if end + 4 > len(content) else _("damaged (a checksum is wrong); taken as other programs show it")
        position = end + 4
    return ""


def _length(content: bytes, chunk: int) -> int:
    return int.from_bytes(content[chunk : chunk + 4], "big")


def _media_type(content: bytes) -> str:
    return "image/png" if content.startswith(_PNG) else "image/jpeg"
