"""`kit draw`: the boxes of an annotation file on its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kit.annotations.formats import registry as formats
from kit.annotations.formats.jumpstart import IMAGES
from kit.annotations.formats.registry import Format
from kit.annotations.model import LabelState
from kit.annotations.picture_files import flat_name
from kit.annotations.picture_folder import PictureFolder
from kit.detection.drawing import draw_boxes
from kit.detection.picture import read_picture, write_picture
from kit.errors import InputError
from kit.language import _


def draw_labelled_pictures(
    path: Path,
    out: Path,
    *,
    images: Path | None = None,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    known: Format | None = None,
    overwrite: bool = True,
) -> int:
    """Draw every labelled picture of an annotation file into the folder `out`, under a name of its own.

    The name is that of the picture; `a/b.heic` becomes `a__b.heic.jpg`. A picture that the file has several times gets
    the boxes of all its lines.

    Args:
        images: the folder of the pictures; by default `images/` beside the annotation file, or the file's own folder.
        known: the format of the file, where its content is not to decide.
        overwrite: whether drawings that are in `out` may be replaced.

    Returns:
        How many pictures were drawn.

    Raises:
        InputError: a file cannot be read, a picture is missing, `out` is where the pictures are, or two pictures or
            something that is there already would have the name of a drawing.
        SetupError: the disk is full.
    """
    file = formats.annotation_file(path)
    beside = file if file.is_dir() else file.parent
    folder = images or (beside / IMAGES if (beside / IMAGES).is_dir() else beside)
    if out.resolve() == folder.resolve():
        raise InputError(_("{out}: the drawings would overwrite the pictures; name another folder").format(out=out))
    pictures = PictureFolder(folder)
    data = formats.read(file, labels=labels, attribute=attribute, known=known, images=images or folder)
    drawn: dict[Path, Path] = {}
    for picture in data.pictures:
        if picture.state is not LabelState.LABELLED:
            continue
        try:
            found = pictures.find(picture.source)
            target = out / flat_name(found.relative_to(folder))
            _refuse_overwriting(target, found, drawn, overwrite)
            plain = read_picture(target if target in drawn else found)
        except InputError as error:
            raise InputError(f"{file}:{picture.line}: {error}") from error
        write_picture(target, draw_boxes(plain, picture.boxes, data.labels))
        drawn[target] = found
    return len(drawn)


def _refuse_overwriting(target: Path, picture: Path, drawn: Mapping[Path, Path], overwrite: bool) -> None:
    other = drawn.get(target)
    if other not in (None, picture):
        raise InputError(
            _("{picture} and {other} would both be drawn as {name}; rename one").format(
                picture=picture, other=other, name=target.name
            )
        )
    if other is None and not overwrite and target.exists():
        raise InputError(
            _("{target}: is there already; name another folder, or add --force to replace it").format(target=target)
        )
