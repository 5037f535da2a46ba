"""The annotation formats: the reader and writer of each. A new one is added here, and in `recognition`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from kit.annotations.formats import (
    coco,
    cvat,
    ground_truth,
    jumpstart,
    label_studio,
    label_studio_writer,
    recognition,
    voc,
    yolo,
    yolo_writer,
)
from kit.annotations.labels import LABEL_CATEGORIES, renamed, renames_in
from kit.annotations.model import AnnotatedPicture, AnnotationStream
from kit.annotations.problems import OnUnreadable, refuse
from kit.annotations.selection import Written
from kit.errors import InputError
from kit.language import _

CHANNEL = "training"


class Format(enum.Enum):
    """The annotation formats of the workshop, and those that people bring."""

    GROUND_TRUTH = "ground-truth"
    LABEL_STUDIO = "label-studio"
    JUMPSTART = "jumpstart"
    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    CVAT = "cvat"
    LABEL_STUDIO_PREDICTIONS = "label-studio-predictions"


@dataclass(frozen=True)
class Asked:
    """What a reading is asked for.

    Attributes:
        labels: the classes in the order of their ids; None for what the format says of them.
        attribute: the label attributes of a Ground Truth manifest, with commas between; elsewhere without meaning.
        renames: classes that are to be called otherwise.
        certain: whether the format was named, and is not to be doubted.
        images: the folder of the pictures, where it is known.
        pictures_judged: whether the caller looks at the pictures itself, and one that cannot be read is no error here.
    """

    labels: Sequence[str] | None
    attribute: str | None
    renames: Mapping[str, str]
    certain: bool
    images: Path | None
    pictures_judged: bool
    on_unreadable: OnUnreadable


@dataclass(frozen=True)
class _Access:
    """One format.

    Attributes:
        title: what people call it.
        suffixes: of files to write that are of this format unless another is named; "" is a folder.
        parts: what is written into a folder; empty where a file is written.
    """

    title: str
    read: Callable[[Path, Asked], AnnotationStream]
    write: Callable[[Path, AnnotationStream], Written] | None
    suffixes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


FORMATS: Mapping[Format, _Access] = {
    Format.GROUND_TRUTH: _Access(
        "Ground Truth",
        lambda path, asked: ground_truth.read(
            path,
            labels=asked.labels,
            attribute=asked.attribute,
            renames=asked.renames,
            on_unreadable=asked.on_unreadable,
        ),
        ground_truth.write,
        (".manifest", ".jsonl"),
    ),
    Format.LABEL_STUDIO: _Access(
        "Label Studio",
        lambda path, asked: label_studio.read(
            path, labels=asked.labels, images=asked.images, on_unreadable=asked.on_unreadable
        ),
        label_studio_writer.write,
    ),
    Format.JUMPSTART: _Access(
        "JumpStart",
        lambda path, asked: jumpstart.read(
            path, labels=asked.labels, certain=asked.certain, on_unreadable=asked.on_unreadable
        ),
        jumpstart.write,
        ("",),
        parts=(f"{CHANNEL}/{jumpstart.ANNOTATIONS}", LABEL_CATEGORIES),
    ),
    Format.COCO: _Access(
        "COCO",
        lambda path, asked: coco.read(
            path, labels=asked.labels, certain=asked.certain, on_unreadable=asked.on_unreadable
        ),
        coco.write,
        (".json",),
    ),
    Format.YOLO: _Access(
        "YOLO",
        lambda path, asked: yolo.read(
            path,
            labels=asked.labels,
            images=asked.images,
            pictures_judged=asked.pictures_judged,
            on_unreadable=asked.on_unreadable,
        ),
        yolo_writer.write,
        parts=(yolo_writer.LABELS, yolo_writer.DATA),
    ),
    Format.VOC: _Access(
        "Pascal VOC",
        lambda path, asked: voc.read(path, labels=asked.labels, on_unreadable=asked.on_unreadable),
        voc.write,
        parts=(voc.ANNOTATIONS,),
    ),
    Format.CVAT: _Access(
        "CVAT for images",
        lambda path, asked: cvat.read(path, labels=asked.labels, on_unreadable=asked.on_unreadable),
        None,
    ),
    Format.LABEL_STUDIO_PREDICTIONS: _Access(
        "Label Studio predictions",
        lambda path, asked: label_studio.read(
            path, labels=asked.labels, images=asked.images, on_unreadable=asked.on_unreadable
        ),
        label_studio_writer.write_predictions,
    ),
}


def annotation_file(path: Path) -> Path:
    """`path` itself, or for a folder the file with all annotations in it, where it has one.

    That is the annotations.json of a JumpStart channel, CVAT's annotations.xml, or the only manifest.

    Raises:
        InputError: there is no such file.
    """
    if not path.exists():
        raise InputError(_("{path}: there is no such file").format(path=path))
    for folder, name in ((path, jumpstart.ANNOTATIONS), (path / CHANNEL, jumpstart.ANNOTATIONS), (path, cvat.FILE)):
        if path.is_dir() and (folder / name).is_file():
            return folder / name
    manifests = list(path.glob("*.manifest")) if path.is_dir() else []
    return manifests[0] if len(manifests) == 1 else path


def recognise(path: Path) -> Format:
    """The format of a file, by its content; see `recognition`.

    Raises:
        InputError: it cannot be read, or is of none of the formats.
    """
    return Format(recognition.name_of_format(path))


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    known: Format | None = None,
    recognised: Format | None = None,
    images: Path | None = None,
    pictures_judged: bool = False,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read an annotation file, or the folder of a data set, of any format.

    Args:
        labels: the classes in the order of their ids, by default what the format says of them; `old=new` among them
            renames a class.
        attribute: the label attributes of a Ground Truth manifest, with commas between; elsewhere without meaning.
        known: the format, where its content is not to decide.
        recognised: the format by its content, where the caller looked already; of some that takes a pass over the file.
        images: the folder of the pictures, for formats that say less without them (YOLO's sizes,
            Label Studio's where other programs wrote it).
        pictures_judged: whether the caller looks at the pictures itself, and one that cannot be read is no error here.

    Raises:
        InputError: see the reader of each format.
    """
    file = annotation_file(path)
    named, renames = renames_in(labels)
    asked = Asked(named, attribute, renames, known is not None, images, pictures_judged, on_unreadable)
    data = FORMATS[known or recognised or recognise(file)].read(file, asked)
    return renamed(replace(data, pictures=_in_pixels(file, data.pictures, on_unreadable)), renames)


def _in_pixels(
    file: Path, pictures: Iterator[AnnotatedPicture], on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    """The pictures; an error where all boxes lie in their picture's first pixel, which are parts of it from 0 to 1."""
    return chain(_until_pixels(file, pictures, on_unreadable), pictures)


def _until_pixels(
    file: Path, pictures: Iterator[AnnotatedPicture], on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    """Those up to the first with a box that is in pixels."""
    count = 0
    for picture in pictures:
        yield picture
        count += len(picture.boxes)
        if any(not (0 <= box.left <= box.right <= 1 and 0 <= box.top <= box.bottom <= 1) for box in picture.boxes):
            return
    if count:
        on_unreadable(
            file,
            0,
            _("all of its {count} boxes are between 0 and 1: parts of their pictures, and not pixels").format(
                count=count
            ),
        )


def write(path: Path, data: AnnotationStream, to: Format) -> Written:
    """Write one annotation file.

    Raises:
        InputError: `to` is only read; and see the writer of each format.
    """
    writer = FORMATS[to].write
    if writer is None:
        raise InputError(
            _("{path}: {title} can be read only; choose another format to write").format(
                path=path, title=FORMATS[to].title
            )
        )
    return writer(path, data)
