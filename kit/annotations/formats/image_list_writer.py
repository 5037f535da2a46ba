"""Writing a JSON document of the COCO kind, `{"images": […], "annotations": […]}`, in flat memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.json import Encoder

from kit.annotations.model import AnnotatedPicture
from kit.annotations.selection import Batch
from kit.annotations.streaming.json_values import compact
from kit.annotations.streaming.writing import replacing, scratch

# What a format writes of pictures and their ids from 1: the elements of `images`, which have the names, and those of
# `annotations`. Many at a time, for a call for each takes as long as what it does.
Numbered = Sequence[tuple[int, AnnotatedPicture]]
ImagesOf = Callable[[Numbered, Sequence[str]], Sequence[Struct]]
AnnotationsOf = Callable[[Numbered], Sequence[Struct]]

_ENCODER = Encoder()


def write_document(
    path: Path,
    head: bytes,
    batches: Iterable[Batch],
    images_of: ImagesOf,
    annotations_of: AnnotationsOf,
) -> None:
    """Write the document, a line for each picture and for each box. Annotations wait in a scratch file for the images.

    Args:
        head: other members, each with its comma.
        batches: the pictures, some at a time, for these are encoded together.
        annotations_of: of numbers only, for they are written without the fraction of whole ones.

    Raises:
        InputError: `path` cannot be written.
        SetupError: the disk is full.
    """
    with replacing(path) as file, scratch(path) as annotations:
        file.write(b'{%b"images":[' % head)
        before_image = before_annotation = b"\n"
        written = 0
        for batch in batches:
            numbered = list(enumerate(batch.pictures, start=written + 1))
            written += len(batch.pictures)
            if images := images_of(numbered, batch.names):
                file.write(before_image + _ENCODER.encode_lines(images)[:-1].replace(b"\n", b",\n"))
                before_image = b",\n"
            if boxes := annotations_of(numbered + batch.more):
                lines = compact(_ENCODER.encode_lines(boxes))
                annotations.write(before_annotation + lines[:-1].replace(b"\n", b",\n"))
                before_annotation = b",\n"
        file.write(b'\n],"annotations":[')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file, 1024 * 1024)
        file.write(b"\n]}\n")
