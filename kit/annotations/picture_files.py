"""Picture files of this machine: which are taken, of all the kinds that people have, and their size as shown."""

from __future__ import annotations

import io
import os
import struct
import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePath
from threading import Lock

import pi_heif
from PIL import (
    # They make themselves known to Pillow. Looking for one that has not, it loads all of its forty.
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from kit import MOST_PIXELS
from kit.errors import InputError
from kit.language import _

# By Pillow's names. MPO, several JPEGs in one file as telephones make them, comes under JPEG.
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "BMP", "TIFF", "GIF")
# What a picture of a kind that the endpoint does not take becomes, by the suffix of its file.
_BECOMES = {
    ".jpg": "", ".jpeg": "", ".png": "",
    ".jpe": ".jpg", ".jfif": ".jpg", ".mpo": ".jpg", ".webp": ".jpg",
    ".heic": ".jpg", ".heif": ".jpg", ".hif": ".jpg", ".avif": ".jpg",
    ".bmp": ".png", ".tif": ".png", ".tiff": ".png", ".gif": ".png",
}  # fmt: skip
SUFFIXES = tuple(_BECOMES)
# Pictures too, to people, so that they are told of; the kit has no decoder for them.
NOT_TAKEN = (
    ".svg", ".psd", ".jp2", ".j2k", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2",
    ".ico", ".eps", ".pdf", ".tga", ".ppm", ".exr", ".hdr",
)  # fmt: skip
# S3's download adds nine bytes to a name while it is under way, a file system takes 255.
_LONGEST_NAME = 240
_ORIENTATION = 0x0112

pi_heif.register_heif_opener()


class _Quiet:
    """Without Pillow's warnings: of sizes, which are judged here, and of damaged EXIF, which is passed over.

    Python has one set of filters for all threads: the first that enters sets them, the last that leaves sets them back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


quiet = _Quiet()


def files_in(folder: Path) -> Iterator[Path]:
    """Every file of a folder and its subfolders, in no order. Hidden files and folders are passed over, and folders
    that are only linked to.

    Raises:
        InputError: a folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "__MACOSX")):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from files_in(Path(entry.path))
                elif entry.is_file():
                    yield Path(entry.path)
    except OSError as error:
        raise InputError(
            _("{folder}: cannot be read: {reason}").format(folder=folder, reason=error.strerror)
        ) from error


def pictures_in(folder: Path) -> Iterator[Path]:
    """The files of `files_in` whose suffix is that of a picture of a kind that is taken."""
    return (path for path in files_in(folder) if path.suffix.lower() in SUFFIXES)


def flat_name(path: PurePath) -> str:
    """The name of a picture among all pictures, where there are no folders: in the bucket, or as a drawing.

    Args:
        path: the file's path below the folder of the pictures; `a/b.webp` becomes `a__b.webp.jpg`.
    """
    return "__".join(path.parts) + _BECOMES.get(path.suffix.lower(), "")


def not_utf_8(path: Path) -> str | None:
    """What to say of a file whose name is in another encoding, so that no label file can name it; None of others."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return _("{name}: its name is not UTF-8; rename it").format(name=path.name)
    return None


def name_fault(name: str) -> str | None:
    """What keeps a name from being one in a bucket and on a disk; None when nothing does."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        # S3 lists such a name, but its request to delete it is XML, which cannot hold it.
        return _("its name has a character that is no letter or sign; rename it")
    if len(name.encode()) > _LONGEST_NAME:
        return _("its name and those of its folders are longer than {count} bytes; shorten them").format(
            count=_LONGEST_NAME
        )
    return None


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture file as it is shown, EXIF orientation applied. Only its header is read.

    Raises:
        InputError: it is no picture of a kind that is taken, cannot be read, or claims more than `MOST_PIXELS`.
    """
    with opened(path) as image:
        width, height = image.size
        return (height, width) if orientation(image, path) in (5, 6, 7, 8) else (width, height)


def opened(path: Path, *, whole: bool = False) -> Image.Image:
    """A picture file whose header has been read; its pixels have not.

    Args:
        whole: whether to read all of the file first, for its pixels: of a file on disk Pillow makes room for as much as
            a part of it claims to be long.

    Raises:
        InputError: as `upright_size`.
    """
    try:
        with quiet:
            image = Image.open(io.BytesIO(path.read_bytes()) if whole else path, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise InputError(_("{path}: its pixels are too many; make it smaller").format(path=path)) from error
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(_("{path}: not a picture of a kind that is taken, or damaged").format(path=path)) from error
    except OSError as error:
        raise InputError(
            _("{path}: cannot be read as a picture: {reason}").format(path=path, reason=error.strerror or error)
        ) from error
    if image.width * image.height > MOST_PIXELS:
        image.close()
        raise InputError(
            _("{path}: {width}x{height} pixels are too many; make it smaller").format(
                path=path, width=image.width, height=image.height
            )
        )
    return image


def orientation(image: Image.Image, path: Path) -> int:
    """EXIF's orientation that is still to be applied to the pixels, 1 (none) to 8.

    From the EXIF block only: Pillow's own `getexif` also believes XMP, which OpenCV and browsers do not. The decoders
    of TIFF and HEIF have applied it already.
    """
    if image.format in ("TIFF", "HEIF"):
        return 1
    block = image.info.get("exif") or (_late_exif(path) if image.format == "PNG" else None)
    if not block:
        return 1
    exif = Image.Exif()
    try:
        with quiet:
            exif.load(block)
            value = exif.get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError, OSError, struct.error):
        return 1  # a damaged EXIF block: decoders show the picture as it is stored
    return value if value in range(1, 9) else 1


def _late_exif(path: Path) -> bytes | None:
    """A PNG's EXIF block wherever it stands: OpenCV believes one after the pixels too, Pillow looks before them."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                return file.read(min(length, 1 << 16))
            file.seek(length + 4, os.SEEK_CUR)
    return None
