"""Labels that exist already, put beside the pictures of a run before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from kit.annotations.formats import ground_truth
from kit.annotations.formats import registry as formats
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.annotations.picture_folder import PictureFolder
from kit.errors import InputError
from kit.language import _
from kit.run.remark import Remark
from kit.run.run_picture import Looked, RunPicture

_MOST_TOLD = 10


@dataclass(frozen=True)
class GivenLabels:
    """The labels of a file of any format, for those of the run's pictures that can be used.

    Attributes:
        file: the annotation file.
        labels: class names in class-id order.
        pictures: with their names in the bucket as `source`, and the sizes of their files.
    """

    file: Path
    labels: tuple[str, ...]
    pictures: tuple[AnnotatedPicture, ...]

    def write(self, path: Path, uri_of: Callable[[str], str]) -> None:
        """Writes them as a Ground Truth manifest.

        Args:
            uri_of: gives the S3 URI of a picture by its name.

        Raises:
            SetupError: the disk is full.
        """
        pictures = (replace(picture, source=uri_of(picture.source)) for picture in self.pictures)
        ground_truth.write(path, AnnotationStream(self.labels, pictures))


def read(
    file: Path, labels: Sequence[str] | None, folder: Path, looked: Looked, *, attribute: str | None = None
) -> tuple[GivenLabels, Looked]:
    """The labels of a file or folder of any format, and what it changes about the pictures: those of another size than
    was labelled are left out, and those left out already are told of with their boxes.

    A picture that the file has twice has the boxes of both. What the file's reader took as something else, or left out,
    is told of as well.

    Args:
        attribute: the label attributes of a Ground Truth manifest to take, with commas between.

    Raises:
        InputError: the file cannot be read, a picture in it is not in the folder, two are the same file, or a class is
            not among `labels`.
    """
    stream = formats.read(file, labels=labels, attribute=attribute, images=folder, pictures_judged=True)
    matching = _Matching(file, folder, looked)
    for picture in stream.pictures:
        for box in picture.boxes:
            if box.label not in stream.labels:
                raise InputError(
                    f"{file}:{picture.line}: "
                    + _('class "{label}" is not in LABELS ({labels}); add it there.').format(
                        label=box.label, labels=", ".join(stream.labels)
                    )
                )
        matching.match(picture)
    if matching.missing:
        more = len(matching.missing) - _MOST_TOLD
        told = matching.missing[:_MOST_TOLD] + ([_("and {count} more").format(count=more)] if more > 0 else [])
        raise InputError(_("{missing}. Add the pictures or remove the lines.").format(missing="; ".join(told)))
    for remark in stream.account.remarks():
        matching.remark(Remark(f"{file.name}:{remark.line}" if remark.line else file.name, remark.text))
    return GivenLabels(file, stream.labels, tuple(matching.labelled.values())), matching.looked()


class _Matching:
    """The annotations of a file as they find their pictures."""

    def __init__(self, file: Path, folder: Path, looked: Looked) -> None:
        self.file = file
        self.labelled: dict[str, AnnotatedPicture] = {}
        self.missing: list[str] = []
        self._folder = PictureFolder(folder)
        self._usable = {picture.path: picture for picture in looked.pictures}
        self._left_out = dict(looked.left_out)
        self._remarks = list(looked.remarks)
        self._sources: dict[Path, AnnotatedPicture] = {}

    def match(self, picture: AnnotatedPicture) -> None:
        try:
            path = self._folder.find(picture.source)
        except InputError as error:
            self.missing.append(f"{self.file}:{picture.line}: {error}")
            return
        earlier = self._sources.setdefault(path, picture)
        if earlier.source != picture.source:
            raise InputError(
                _("{file}:{line}: {picture} and {earlier} on line {earlier_line} would both be {path}.").format(
                    file=self.file,
                    line=picture.line,
                    picture=picture.source,
                    earlier=earlier.source,
                    earlier_line=earlier.line,
                    path=path,
                )
            )
        if path in self._usable:
            self._take(picture, self._usable[path])
        elif path in self._left_out:
            remark = self._left_out[path]
            self._left_out[path] = Remark(remark.picture, remark.text, remark.boxes + len(picture.boxes))
        else:
            text = _("{path} is hidden, or its name does not end as a picture's does; rename it").format(path=path)
            self.missing.append(f"{self.file}:{picture.line}: {text}")

    def _take(self, picture: AnnotatedPicture, file: RunPicture) -> None:
        stated = (picture.width or file.width, picture.height or file.height)
        if stated != (file.width, file.height):
            text = _("labelled at {labelled} pixels, but the file has {size}")
            if stated == (file.height, file.width):
                text = _("labelled at {labelled} pixels, but the file has {size} (was its EXIF orientation ignored?)")
            text = text.format(labelled=f"{stated[0]}x{stated[1]}", size=f"{file.width}x{file.height}")
            self._left_out[file.path] = Remark(file.shown, text, len(picture.boxes))
            del self._usable[file.path]
            return
        outside = sum(box.clipped(file.width, file.height) is None for box in picture.boxes)
        if outside:
            self._remarks.append(
                Remark(file.shown, _("boxes that are inverted, empty or outside of it are left out"), outside)
            )
        self._add(replace(picture, source=file.name, width=file.width, height=file.height), file.shown)

    def _add(self, picture: AnnotatedPicture, shown: str) -> None:
        earlier = self.labelled.get(picture.source)
        if earlier is not None and picture.state is not LabelState.LABELLED:
            return
        if earlier is not None and earlier.state is LabelState.LABELLED:
            more = tuple(box for box in picture.boxes if box not in earlier.boxes)
            if more:
                text = _("on line {line} of the labels again, with other boxes; those of both count")
                self._remarks.append(Remark(shown, text.format(line=picture.line)))
            picture = replace(earlier, boxes=earlier.boxes + more)
        self.labelled[picture.source] = picture

    def remark(self, remark: Remark) -> None:
        self._remarks.append(remark)

    def looked(self) -> Looked:
        return Looked(tuple(self._usable.values()), self._left_out, tuple(self._remarks))
