"""`kit draw`: the boxes of an annotation file on its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kit.annotations.formats import registry as formats
from kit.annotations.formats.jumpstart import IMAGES
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
) -> int:
    """Draw every labelled picture of an annotation file into the folder `out`, under a name of its own.

    The name is that of the picture; `a/b.heic` becomes `a__b.heic.jpg`.

    Args:
        images: the folder of the pictures; by default `images/` beside the annotation file, or the file's own folder.

    Returns:
        How many pictures were drawn.

    Raises:
        InputError: a file cannot be read, a picture is missing, or `out` is where the pictures are.
        SetupError: the disk is full.
    """
    file = formats.annotation_file(path)
    beside = file if file.is_dir() else file.parent
    folder = images or (beside / IMAGES if (beside / IMAGES).is_dir() else beside)
    if out.resolve() == folder.resolve():
        raise InputError(_("{out}: the drawings would overwrite the pictures; name another folder").format(out=out))
    pictures = PictureFolder(folder)
    data = formats.read(file, labels=labels, attribute=attribute, images=images)
    count = 0
    for picture in data.pictures:
        if picture.state is not LabelState.LABELLED:
            continue
        try:
            found = pictures.find(picture.source)
            plain = read_picture(found)
        except InputError as error:
            raise InputError(f"{file}:{picture.line}: {error}") from error
        write_picture(out / flat_name(found.relative_to(folder)), draw_boxes(plain, picture.boxes, data.labels))
        count += 1
    return count
