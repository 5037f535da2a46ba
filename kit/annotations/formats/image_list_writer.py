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

# What a format writes of a picture and its id from 1: the element of `images`, which has its name, and those of
# `annotations`.
ImageOf = Callable[[AnnotatedPicture, int, str], Struct]
AnnotationsOf = Callable[[AnnotatedPicture, int], Sequence[Struct]]

_ENCODER = Encoder()


def write_document(
    path: Path,
    head: bytes,
    batches: Iterable[Batch],
    image_of: ImageOf,
    annotations_of: AnnotationsOf,
) -> None:
    """Write the document, a line for each picture in either list. Annotations wait in a scratch file for the images.

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
            named = zip(numbered, batch.names, strict=True)
            images = [image_of(picture, image_id, name) for (image_id, picture), name in named]
            if images:
                file.write(before_image + _ENCODER.encode_lines(images)[:-1].replace(b"\n", b",\n"))
                before_image = b",\n"
            boxes = [annotations_of(picture, image_id) for image_id, picture in numbered + batch.more if picture.boxes]
            if boxes:
                lists = compact(_ENCODER.encode_lines(boxes))
                annotations.write(before_annotation + lists[1:-2].replace(b"]\n[", b",\n"))
                before_annotation = b",\n"
        file.write(b'\n],"annotations":[')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file, 1024 * 1024)
        file.write(b"\n]}\n")
