"""Picture files of this machine: which one belongs to an annotation, and its size as it is shown upright."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from kit.annotations.model import AnnotatedPicture
from kit.errors import InputError
from kit.language import _

# What the endpoint takes (application/x-image) and the training images decode.
_FORMATS = ("JPEG", "PNG")
SUFFIXES = (".jpg", ".jpeg", ".png")
# A header can promise any size. The detector takes no larger picture, and what is labelled is to be trained on.
MOST_PIXELS = 50_000_000
_ORIENTATION = 0x0112


def pictures_in(folder: Path) -> Iterator[Path]:
    """The picture files of a folder, by their suffix, in no order; subfolders are not entered.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = Path(entry.path)
                if path.suffix.lower() in SUFFIXES and entry.is_file():
                    yield path
    except OSError as error:
        raise InputError(
            _("{folder}: cannot be read: {reason}").format(folder=folder, reason=error.strerror)
        ) from error


def local_file(folder: Path, picture: AnnotatedPicture) -> Path:
    """Where the file of `picture` is: in `folder`, by the last part of its source and nothing else of it.

    Raises:
        InputError: that part is no file name, or there is no such file.
    """
    name = picture.file_name
    # The last part has no slash in it, so these are all that could lead out of the folder.
    if name in ("", ".", "..") or "\0" in name:
        raise InputError(_("{picture!r} does not end in a file name").format(picture=picture.source))
    path = folder / name
    try:
        found = path.is_file()
    except (OSError, ValueError):  # longer than the file system allows, or half a surrogate pair
        found = False
    if not found:
        raise InputError(_("there is no picture {name} in {folder}").format(name=name, folder=folder))
    return path


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height of a JPEG or PNG file as it is shown, EXIF orientation applied. Only its header is read.

    Raises:
        InputError: it is no JPEG or PNG, cannot be read, or claims more pixels than a photograph has.
    """
    with _opened(path) as image:
        width, height = image.size
        return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


def upright_bytes(path: Path) -> bytes:
    """A picture file such that programs that ignore EXIF orientation see it upright too.

    The file's own bytes, unless its orientation turns it: then the picture turned, as a JPEG of quality 95 or a PNG
    without EXIF.

    Raises:
        InputError: it is no JPEG or PNG, or is damaged.
    """
    with _opened(path) as image:
        if _orientation(image) == 1:
            return path.read_bytes()
        try:
            with _quiet():
                turned = ImageOps.exif_transpose(image)
        except (OSError, SyntaxError) as error:
            raise InputError(_("{path}: the picture is damaged ({error})").format(path=path, error=error)) from error
        content = io.BytesIO()
        # A JPEG may be of the kind MPO (several pictures in one file, as telephones make them).
        kind = "PNG" if image.format == "PNG" else "JPEG"
        turned.save(content, format=kind, quality=95, exif=b"", icc_profile=image.info.get("icc_profile"))
        return content.getvalue()


def _opened(path: Path) -> Image.Image:
    try:
        with _quiet():
            image = Image.open(path, formats=_FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(_("{path}: not a JPEG or PNG picture, or too large for one").format(path=path)) from error
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Pillow's warnings: of sizes, which are judged here, and of damaged EXIF, which is passed over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 (as stored) to 8.

    From the EXIF block only: Pillow's own `getexif` also believes XMP, which OpenCV and browsers do not.
    """
    block = image.info.get("exif")
    if not block:
        return 1
    exif = Image.Exif()
    try:
        with _quiet():
            exif.load(block)
            value = exif.get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError, OSError):
        return 1  # a damaged EXIF block: decoders show the picture as it is stored
    return value if value in range(1, 9) else 1
