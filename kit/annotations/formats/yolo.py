"""YOLO: a text file a picture, a line a box, in folders as ultralytics, Roboflow, CVAT and Label Studio lay them out.

Source: https://docs.ultralytics.com/datasets/detect/, …/segment/ and …/obb/. A line is a class id, and x and y of the
centre, width and height as parts of the picture's, or the corners of an outline, which has a box around it; four
corners are a turned box, more a polygon. A file without a line: nothing there. A picture without one: not labelled.

The label file of `…/images/…/a.jpg` is `…/labels/…/a.txt` or `a.jpg.txt`, or one beside it. Sizes, and the suffixes of
the names, come from the pictures, which have to be there or in the folder of the pictures that is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from kit.annotations.account import POLYGONS, ROTATED, TAKEN, Account
from kit.annotations.formats.outlines import around
from kit.annotations.formats.yolo_names import classes_of, is_label_file, keypoints_of, root_of
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.picture_files import SUFFIXES, not_utf_8, upright_size
from kit.annotations.picture_folder import PictureFolder
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.streaming.folder_files import sorted_files
from kit.errors import InputError
from kit.language import _, marked

IMAGES, LABELS = "images", "labels"
_SCORES = marked("boxes with a score, which a detector found and nobody labelled, taken all the same: {count}")
_POINTS = marked("points of poses, left out: {count}; their boxes are taken")
_SUFFIXES = (*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES))
# A line is shorter than this unless it is a polygon of a thousand corners.
_LONGEST_LINE = 1_000_000


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    images: Path | None = None,
    pictures_judged: bool = False,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read a folder, or the data.yaml in it.

    Args:
        labels: the classes in the order of their ids. Otherwise those of data.yaml, of classes.txt or obj.names;
            otherwise of `label_categories.json`; otherwise the ids: "0", "1", …
        images: where the pictures are, if not in that folder.
        pictures_judged: whether the caller looks at the pictures itself. One that cannot be read is then FAILED, with
            boxes that are good for being counted, instead of being told of here.
        on_unreadable: told of each label file that cannot be used; the default raises.

    Raises:
        InputError: the folder cannot be read; while iterating: a line is no box, or a picture is not there.
    """
    root = root_of(path)
    names = tuple(labels) if labels is not None else classes_of(path) or labels_beside(root / LABELS)
    reading = _Reading(root, images, keypoints_of(path), pictures_judged, on_unreadable)
    if next(reading.label_files(), None) is None:
        on_unreadable(path, 0, _("there is no label file (.txt) in {folder}").format(folder=root))
    if names is None:
        highest = max((reading.highest_class(file) for file in reading.label_files()), default=-1)
        names = tuple(str(class_id) for class_id in range(highest + 1))
    return AnnotationStream(names, reading.pictures(names), reading.account)


class _Reading:
    """One folder being read."""

    def __init__(
        self, root: Path, images: Path | None, keypoints: int, pictures_judged: bool, on_unreadable: OnUnreadable
    ) -> None:
        self._root, self._images, self._keypoints, self._on_unreadable = root, images, keypoints, on_unreadable
        self._pictures_judged = pictures_judged
        self._folder = None if images is None else PictureFolder(images)
        self.account = Account()

    def label_files(self) -> Iterator[Path]:
        return (file for file in sorted_files(self._root, (".txt",)) if is_label_file(file))

    def highest_class(self, file: Path) -> int:
        """The highest class id of a label file; what cannot be read is left to the reading."""
        with file.open("rb") as lines:
            ids = [line.split(None, 1)[0] for line in iter(lambda: lines.readline(_LONGEST_LINE), b"") if line.split()]
        return max((int(each) for each in ids if each.isdigit() and len(each) < 7), default=-1)

    def pictures(self, names: Sequence[str]) -> Iterator[AnnotatedPicture]:
        number = 0
        for number, file in enumerate(self.label_files(), start=1):
            try:
                picture = self._picture_of(file)
                width, height, fault = self._size_of(picture)
            except InputError as error:
                self._on_unreadable(file, 0, str(error))
                continue
            source, state = self._source(picture), LabelState.FAILED if fault else LabelState.LABELLED
            boxes = tuple(self._boxes(file, number, names, width or 1, height or 1))
            yield AnnotatedPicture(source, width, height, boxes, state, fault, number)
        for picture in sorted_files(self._root, SUFFIXES):
            if any(file.is_file() and is_label_file(file) for file in self._label_files_of(picture)):
                continue
            if not self._pictures_judged and (told := not_utf_8(picture)):
                self._on_unreadable(picture, 0, told)
            else:
                number += 1
                yield AnnotatedPicture(self._source(picture), 0, 0, (), LabelState.UNLABELLED, "", number)

    def _size_of(self, picture: Path) -> tuple[int, int, str]:
        """Width and height, or what is wrong with a picture where that is no error."""
        try:
            if told := not_utf_8(picture):
                raise InputError(told)
            return *upright_size(picture), ""
        except InputError as error:
            if not self._pictures_judged:
                raise
            return 0, 0, str(error)

    def _source(self, picture: Path) -> str:
        for folder in (self._root, self._images):
            if folder is not None and picture.is_relative_to(folder):
                return picture.relative_to(folder).as_posix()
        return picture.name

    def _picture_of(self, file: Path) -> Path:
        """The picture of a label file.

        Raises:
            InputError: it is in neither folder, or several are.
        """
        below = file.relative_to(self._root).with_suffix("")
        in_images = _swapped(below, LABELS, IMAGES)
        found = self._at_its_place(below, in_images)
        if not found and self._folder is not None:
            return self._folder.find(below.as_posix())
        if not found:
            raise InputError(
                _("there is no picture {name} for it; name the folder of the pictures (--images)").format(
                    name=in_images if in_images.suffix.lower() in SUFFIXES else f"{in_images}.*"
                )
            )
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise InputError(
                _("{names} may each be its picture; call the label files as {names}, with .txt behind").format(
                    names=names
                )
            )
        return found[0]

    def _at_its_place(self, below: Path, in_images: Path) -> list[Path]:
        """The pictures of a label file in the first folder that has any."""
        places = [self._root / in_images, self._root / below, self._root / IMAGES / below]
        if self._images is not None:
            # What is before the folder of the labels may be there too, or only what is below it, or only the name.
            parts = [part for part in in_images.parts if part != IMAGES]
            places += [self._images / in_images, *(self._images.joinpath(*parts[n:]) for n in range(len(parts)))]
        for place in places:
            if place.suffix.lower() in SUFFIXES and place.is_file():
                return [place]
            # As text: there are as many as suffixes for each label file.
            named = [f"{place}{suffix}" for suffix in _SUFFIXES]
            found = [Path(path) for path in named if os.path.isfile(path)]  # noqa: PTH113
            if len(found) > 1:
                # One that has a label file of its own, a.jpg.txt, is not of a.txt.
                found = [path for path in found if not self._has_its_own(path)]
            if found:
                return found
        return []

    def _has_its_own(self, picture: Path) -> bool:
        if not picture.is_relative_to(self._root):
            return False
        return any(path.is_file() for path in self._label_files_of(picture) if path.stem == picture.name)

    def _label_files_of(self, picture: Path) -> Iterator[Path]:
        whole = picture.relative_to(self._root)
        for below in (whole.with_name(f"{whole.name}.txt"), whole.with_suffix(".txt")):
            yield self._root / _swapped(below, IMAGES, LABELS)
            yield self._root / below
            yield self._root / LABELS / below

    def _boxes(self, file: Path, number: int, names: Sequence[str], width: int, height: int) -> Iterator[BoundingBox]:
        with file.open("rb") as lines:
            for line, raw in enumerate(iter(lambda: lines.readline(_LONGEST_LINE), b""), start=1):
                try:
                    if raw.split():
                        yield self._box(raw.decode("utf-8-sig").split(), number, names, width, height)
                except (MalformedError, UnicodeDecodeError) as error:
                    self._on_unreadable(file, line, str(error))

    def _box(self, parts: Sequence[str], number: int, names: Sequence[str], width: int, height: int) -> BoundingBox:
        try:
            class_id, values = float(parts[0]), [float(part) for part in parts[1:]]
        except ValueError as error:
            raise MalformedError(_("{line} is no box: a class id and numbers").format(line=_shown(parts))) from error
        if not class_id.is_integer() or class_id < 0:
            raise MalformedError(_("{value} is no class id").format(value=parts[0]))
        if not all(-1 <= value <= 2 for value in values):
            raise MalformedError(
                _("{line}: numbers that are no parts of a picture, from 0 to 1; are they pixels?").format(
                    line=_shown(parts)
                )
            )
        label = names[int(class_id)] if class_id < len(names) else f"class {int(class_id)}"
        posed = self._keypoints and len(values) == 4 + self._keypoints
        if len(values) in (4, 5) or posed:
            x, y, across, down = values[:4]
            if posed:
                self.account.lose(_POINTS, number)
            elif len(values) == 5:
                self.account.lose(_SCORES, number)
            left, top, right, bottom = x - across / 2, y - down / 2, x + across / 2, y + down / 2
        elif len(values) >= 6 and len(values) % 2 == 0:
            self.account.note(TAKEN, number, kind=ROTATED if len(values) == 8 else POLYGONS)
            left, top, right, bottom = around(list(zip(values[::2], values[1::2], strict=True)))
        else:
            raise MalformedError(
                _("{line}: {count} numbers; a box has 4 after the class id, an outline 6 or more, two by two").format(
                    line=_shown(parts), count=len(values)
                )
            )
        return BoundingBox(label, left * width, top * height, right * width, bottom * height)


def _shown(parts: Sequence[str]) -> str:
    return repr(" ".join(parts)[:60])


def _swapped(path: PurePath, one: str, other: str) -> Path:
    """A path with its last folder of one name called otherwise, in letters as large."""
    parts = list(path.parts)
    for place in range(len(parts) - 2, -1, -1):
        for written in (str, str.capitalize, str.upper):
            if parts[place] == written(one):
                parts[place] = written(other)
                return Path(*parts)
    return Path(*parts)
