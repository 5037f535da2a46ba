"""`kit convert`: one annotation file into another format, with the pictures where the format has a place for them.

JumpStart's layout, as in the workshop's bucket; other files in OUT stay:

    OUT/label_categories.json
    OUT/training/annotations.json
    OUT/training/images/            when the folder of the pictures is given
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from msgspec import structs

from kit.annotations.formats import jumpstart
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import CHANNEL, Format
from kit.annotations.labels import LABEL_CATEGORIES, label_categories
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.annotations.picture_conversion import upright_bytes
from kit.annotations.picture_files import flat_name, upright_size
from kit.annotations.picture_folder import PictureFolder
from kit.annotations.problems import Problem, Severity
from kit.annotations.selection import Written
from kit.annotations.streaming.writing import write_errors_told
from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _


@dataclass(frozen=True)
class Conversion:
    """What `convert` did.

    Attributes:
        source_format: what was read.
        annotations: the annotation file that was written.
        labels: the classes, in the order of their ids.
        remarks: what of the source was taken as something else, or left out by its reader.
    """

    source_format: Format
    annotations: Path
    format: Format
    labels: tuple[str, ...]
    written: Written
    remarks: tuple[Problem, ...] = ()


def format_for(target: Path) -> Format:
    """What a target's name asks for: `.manifest` or `.jsonl` Ground Truth, `.json` COCO, no suffix JumpStart's folder.

    Raises:
        InputError: the name says nothing.
    """
    for each, access in formats.FORMATS.items():
        if target.suffix.lower() in access.suffixes:
            return each
    if target.is_dir():
        return Format.JUMPSTART
    raise InputError(_("{target}: the name does not say which format to write; name the format").format(target=target))


def convert(
    source: Path,
    target: Path,
    *,
    to: Format | None = None,
    known: Format | None = None,
    images: Path | None = None,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    overwrite: bool = True,
) -> Conversion:
    """Convert the annotation file `source`. If this fails, `target` is as it was.

    Args:
        target: a file to write; for JumpStart the folder in which its layout is made.
        to: the format; by default as the name of `target` asks.
        known: the format of `source`, where its content is not to decide.
        images: the folder of the pictures. Sizes are then checked against the files and missing ones taken from them,
            and JumpStart's layout gets a copy of each picture that is in it.
        labels: the classes in the order of their ids; by default what the source says of them. `old=new` among them
            renames a class.
        attribute: the label attributes of a Ground Truth manifest to take, with commas between; by default the newest
            of each line.
        overwrite: whether what is at `target` may be replaced.

    Raises:
        InputError: `source` cannot be read or used; a picture is missing in `images`, or of another size; there would
            be nothing in `target`; it is `source`, or is there already.
        SetupError: the disk is full.
    """
    chosen = to or format_for(target)
    _refuse_overwriting(formats.annotation_file(source), target, chosen, overwrite)
    source_format = known or formats.recognise(formats.annotation_file(source))
    data = formats.read(
        source, labels=labels, attribute=attribute, known=known, recognised=source_format, images=images
    )
    if not data.labels:
        for _picture in data.pictures:  # for what its reader has to say
            pass
        raise InputError(_nothing(source, data))
    files: dict[str, Path] = {}
    if images is not None:
        data = replace(data, pictures=_measured(source, data.pictures, images, chosen, files))
    data = replace(data, pictures=_not_nothing(source, data))
    if chosen is not Format.JUMPSTART:
        written, annotations = write(target, data, chosen), target
    else:
        with write_errors_told(target), _folder(target):
            written = _write_channel(target / CHANNEL, data, None if images is None else files)
            write_atomically(target / LABEL_CATEGORIES, label_categories(data.labels))
        annotations = target / CHANNEL / jumpstart.ANNOTATIONS
    return Conversion(source_format, annotations, chosen, data.labels, written, _remarks(source, data))


def write(target: Path, data: AnnotationStream, to: Format) -> Written:
    """Write a data set to the file or the folder `target`, in whose place it is put when it is whole.

    Raises:
        InputError: see the writer of the format; `target` is a file where a folder is wanted.
        SetupError: the disk is full.
    """
    if not formats.FORMATS[to].parts:
        return formats.write(target, data, to)
    with write_errors_told(target), _folder(target):
        return _write_folder(target, data, to)


def _remarks(source: Path, data: AnnotationStream) -> tuple[Problem, ...]:
    return tuple(Problem(Severity.WARNING, source, remark.line, remark.text) for remark in data.account.remarks())


def _nothing(source: Path, data: AnnotationStream) -> str:
    return "; ".join(
        [
            _("{source}: no picture in it has a box, so there is nothing to convert").format(source=source),
            *(remark.text for remark in data.account.remarks()),
        ]
    )


def _not_nothing(source: Path, data: AnnotationStream) -> Iterator[AnnotatedPicture]:
    """The pictures; if none has a box, an error before anything is replaced."""
    return chain(_until_one(source, data), data.pictures)


def _until_one(source: Path, data: AnnotationStream) -> Iterator[AnnotatedPicture]:
    """The first pictures of a data set, which stays as far as it was read."""
    for picture in data.pictures:
        yield picture
        width, height = picture.width, picture.height
        if picture.state is LabelState.LABELLED and any(box.clipped(width, height) for box in picture.boxes):
            return
    raise InputError(_nothing(source, data))


def _refuse_overwriting(source: Path, target: Path, to: Format, overwrite: bool) -> None:
    parts = formats.FORMATS[to].parts
    if not parts and target.is_dir():
        return  # which the writer says
    for path in [target / part for part in parts] or [target]:
        if not path.exists():
            continue
        if path.samefile(source) or (source.is_dir() and path.resolve().is_relative_to(source.resolve())):
            raise InputError(
                _("{target}: is what is to be converted, and would be overwritten; name another").format(target=path)
            )
        if not overwrite:
            raise InputError(
                _("{target}: is there already; name another, or add --force to replace it").format(target=path)
            )


def _measured(
    source: Path, pictures: Iterator[AnnotatedPicture], images: Path, to: Format, files: dict[str, Path]
) -> Iterator[AnnotatedPicture]:
    """The pictures with the sizes and the names of their files, where the format has names.

    Args:
        files: for JumpStart, which has no folders, the pictures get names that are different without, and each name's
            file is noted here.
    """
    folder = PictureFolder(images)
    for picture in pictures:
        if picture.state is not LabelState.LABELLED:
            yield picture
            continue
        try:
            path = folder.find(picture.source)
            width, height = upright_size(path)
        except InputError as error:
            raise InputError(f"{source}:{picture.line}: {error}") from error
        if (picture.width or width, picture.height or height) != (width, height):
            raise InputError(
                f"{source}:{picture.line}: "
                + _(
                    "{file_name} was labelled at {labelled} pixels, and the file in {images} has {size}: its boxes "
                    "would be wrong; use the picture that was labelled"
                ).format(
                    file_name=picture.file_name,
                    labelled=f"{picture.width}x{picture.height}",
                    images=images,
                    size=f"{width}x{height}",
                )
            )
        name = path.relative_to(images).as_posix()
        if to is Format.JUMPSTART:
            name = flat_name(path.relative_to(images))
            files[name] = path
        yield structs.replace(picture, width=width, height=height, name=name)


def _write_folder(target: Path, data: AnnotationStream, to: Format) -> Written:
    """Write the parts of a format's folder, and put each in the place of what was there before."""
    with tempfile.TemporaryDirectory(prefix=".kit.", dir=target) as scratch:
        made, earlier = Path(scratch) / "made", Path(scratch) / "earlier"
        made.mkdir()
        earlier.mkdir()
        written = formats.write(made, data, to)
        for part in formats.FORMATS[to].parts:
            if (target / part).exists():
                (target / part).rename(earlier / part)
            (made / part).rename(target / part)
    return written


def _write_channel(channel: Path, data: AnnotationStream, files: Mapping[str, Path] | None) -> Written:
    if files is None:
        with _folder(channel):
            return jumpstart.write(channel / jumpstart.ANNOTATIONS, data)
    _refuse_foreign(channel)
    with tempfile.TemporaryDirectory(prefix=f".{CHANNEL}.", dir=channel.parent) as scratch:
        made = Path(scratch) / CHANNEL
        (made / jumpstart.IMAGES).mkdir(parents=True)
        written = jumpstart.write(made / jumpstart.ANNOTATIONS, data)
        for picture in jumpstart.read(made / jumpstart.ANNOTATIONS, labels=data.labels).pictures:
            content = upright_bytes(files[picture.file_name])
            (made / jumpstart.IMAGES / picture.file_name).write_bytes(content)
        earlier = Path(scratch) / "earlier"
        try:
            if channel.exists():
                channel.rename(earlier)
            made.rename(channel)
        except BaseException:
            if earlier.exists() and not channel.exists():
                earlier.rename(channel)
            raise
    return written


def _refuse_foreign(channel: Path) -> None:
    """A channel is replaced as a whole, so it may hold nothing that was not made here."""
    if not channel.exists():
        return
    foreign = sorted(
        entry.name for entry in channel.iterdir() if entry.name not in (jumpstart.ANNOTATIONS, jumpstart.IMAGES)
    )
    if foreign:
        raise InputError(
            _("{channel}: holds {name} and would be replaced; move that away or name another folder").format(
                channel=channel, name=foreign[0]
            )
        )


@contextmanager
def _folder(target: Path) -> Iterator[None]:
    if target.exists() and not target.is_dir():
        raise InputError(_("{target}: is a file; JumpStart's layout needs a folder").format(target=target))
    made = not target.exists()
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            _("{target}: cannot be made: {reason}; name another place").format(target=target, reason=error.strerror)
        ) from error
    try:
        yield
    except BaseException:
        if made:
            shutil.rmtree(target, ignore_errors=True)
        raise
