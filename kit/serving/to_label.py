"""Pictures that the model got wrong, kept with the boxes as shown for the next round of labelling."""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.picture_conversion import decoded
from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _
from kit.run.folder import TO_LABEL_MANIFEST

_LOCK = ".lock"
_LONGEST_STEM = 80
_MOST_BOXES = 1000
_PNG = b"\x89PNG"


class ShownBox(msgspec.Struct, frozen=True):
    """A box as the page draws it: pixels of the picture."""

    label: str
    left: float
    top: float
    width: float
    height: float


class Kept(msgspec.Struct, frozen=True):
    """A picture and what was shown on it.

    Attributes:
        name: the file's, as somebody's machine has it.
        picture: a JPEG or PNG; base64 in JSON.
    """

    name: str
    picture: bytes
    boxes: Annotated[list[ShownBox], msgspec.Meta(max_length=_MOST_BOXES)]


def keep(folder: Path, labels: Sequence[str], content: bytes) -> Path:
    """Adds what a page sent to the pictures of `folder` and to its manifest, a Ground Truth augmented manifest.

    The same picture kept again has the boxes of the last time.

    Args:
        content: JSON of a `Kept`; it is not trusted.
        labels: the run's classes; boxes of others are not taken.

    Returns:
        The picture's file.

    Raises:
        InputError: it is none, the picture is none, or a box is none of the picture's.
    """
    try:
        kept = msgspec.json.decode(content, type=Kept)
    except msgspec.MsgspecError as error:
        raise InputError(_("This is nothing to keep: {error}").format(error=error)) from error
    pixels = decoded(kept.picture)
    if pixels is None:
        raise InputError(_("{name}: not a picture of a kind that is taken, or damaged").format(name=kept.name))
    height, width = pixels.shape[:2]
    path = folder / _name(kept)
    picture = AnnotatedPicture(path.name, width, height, tuple(_boxes(kept, labels, width, height)))
    folder.mkdir(exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_atomically(path, kept.picture)
        manifest = folder / TO_LABEL_MANIFEST
        before = ground_truth.read(manifest, labels=labels).pictures if manifest.exists() else ()
        others = [each for each in before if each.source != picture.source]
        ground_truth.write(manifest, AnnotationStream(tuple(labels), iter([*others, picture])))
    return path


def _boxes(kept: Kept, labels: Sequence[str], width: int, height: int) -> list[BoundingBox]:
    boxes = []
    for each in kept.boxes:
        box = BoundingBox(each.label, each.left, each.top, each.left + each.width, each.top + each.height)
        inside = box.clipped(width, height)
        if each.label not in labels or inside is None:
            raise InputError(_("{name}: a box is of no class of the run, or outside").format(name=kept.name))
        boxes.append(inside)
    return boxes


def _name(kept: Kept) -> str:
    """Letters and digits of the name that it had, and of its content, so that no two pictures have one name."""
    stem = re.sub(r"[^\w-]+", "-", kept.name.rpartition(".")[0] or kept.name).strip("-")[:_LONGEST_STEM]
    suffix = "png" if kept.picture.startswith(_PNG) else "jpg"
    return f"{stem or 'picture'}-{hashlib.sha256(kept.picture).hexdigest()[:8]}.{suffix}"
