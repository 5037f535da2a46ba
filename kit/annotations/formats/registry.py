"""Which format an annotation file is in, told by its content, and the reader and writer for each."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path

from kit.annotations.formats import coco, ground_truth, jumpstart, label_studio
from kit.annotations.model import AnnotationStream
from kit.annotations.problems import OnUnreadable, refuse
from kit.annotations.selection import Written
from kit.annotations.streaming.json_stream import has_list, open_document
from kit.errors import InputError
from kit.language import _

CHANNEL = "training"

_HEAD = 256 * 1024


class Format(enum.Enum):
    """The annotation formats of the workshop."""

    GROUND_TRUTH = "ground-truth"
    LABEL_STUDIO = "label-studio"
    JUMPSTART = "jumpstart"
    COCO = "coco"


def annotation_file(path: Path) -> Path:
    """`path` itself, or for a folder the annotations.json of the JumpStart channel in it.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_dir():
        if not path.is_file():
            raise InputError(_("{path}: there is no such file").format(path=path))
        return path
    for folder in (path, path / CHANNEL):
        if (folder / jumpstart.ANNOTATIONS).is_file():
            return folder / jumpstart.ANNOTATIONS
    raise InputError(
        _("{path}: a folder without {annotations} or {channel}/{annotations}; name the annotation file").format(
            path=path, annotations=jumpstart.ANNOTATIONS, channel=CHANNEL
        )
    )


def recognise(path: Path) -> Format:
    """The format of a file, by its content.

    A list is Label Studio's; `source-ref` near the beginning makes a Ground Truth manifest; an object with `images` is
    COCO when it has `categories`, and JumpStart's when not.

    Raises:
        InputError: it cannot be read, or is none of these.
    """
    with open_document(path) as file:
        head = file.read(_HEAD).lstrip()
    if not head:
        raise InputError(_("{path}: the file is empty").format(path=path))
    if head.startswith(b"["):
        return Format.LABEL_STUDIO
    if b'"source-ref"' in head:
        return Format.GROUND_TRUTH
    if head.startswith(b"{") and (b'"images"' in head or b'"annotations"' in head):
        has_categories = has_list(path, "categories")
        return Format.COCO if has_categories else Format.JUMPSTART
    raise InputError(
        _(
            "{path}: not an annotation file of a known format (Ground Truth manifest, Label Studio JSON export, "
            "JumpStart annotations.json, COCO)"
        ).format(path=path)
    )


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read an annotation file of any format, or the folder of a JumpStart channel.

    Args:
        labels: the classes in the order of their ids; by default what the format says of them.
        attribute: the label attribute of a Ground Truth manifest; elsewhere without meaning.

    Raises:
        InputError: see the reader of each format.
    """
    file = annotation_file(path)
    match recognise(file):
        case Format.GROUND_TRUTH:
            return ground_truth.read(file, labels=labels, attribute=attribute, on_unreadable=on_unreadable)
        case Format.LABEL_STUDIO:
            return label_studio.read(file, labels=labels, on_unreadable=on_unreadable)
        case Format.JUMPSTART:
            return jumpstart.read(file, labels=labels, on_unreadable=on_unreadable)
        case Format.COCO:
            return coco.read(file, labels=labels, on_unreadable=on_unreadable)


def write(path: Path, data: AnnotationStream, to: Format) -> Written:
    """Write one annotation file.

    Raises:
        InputError: `to` is Label Studio, whose tasks are only read; and see the writer of each format.
    """
    match to:
        case Format.GROUND_TRUTH:
            return ground_truth.write(path, data)
        case Format.JUMPSTART:
            return jumpstart.write(path, data)
        case Format.COCO:
            return coco.write(path, data)
        case Format.LABEL_STUDIO:
            raise InputError(
                _("{path}: Label Studio's tasks can be read only; choose another format to write").format(path=path)
            )
