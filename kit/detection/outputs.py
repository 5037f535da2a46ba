"""Where `kit detect` puts what it found: drawings in a folder, and the detections in the format that is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.annotations import convert
from kit.annotations.formats import ground_truth
from kit.annotations.formats.registry import FORMATS, Format
from kit.annotations.model import AnnotatedPicture, AnnotationStream
from kit.annotations.streaming.writing import replacing
from kit.detection import drawing, found
from kit.detection.films import FilmWriter
from kit.detection.picture import write_picture
from kit.detection.response import Detection
from kit.detection.sources import PictureSource, Shot, Source
from kit.errors import InputError
from kit.language import _

DRAWINGS, JSON_LINES = "drawings", "json-lines"
# What detections are written as, by the name of the format.
_ANNOTATIONS = {
    each.value: each
    for each in (Format.COCO, Format.YOLO, Format.LABEL_STUDIO_PREDICTIONS, Format.GROUND_TRUTH, Format.VOC)
}
FORMS = (DRAWINGS, JSON_LINES, *_ANNOTATIONS)
# Of these, the ones in which a picture is its file name, without folders or even without its suffix.
_BY_NAME = (Format.COCO.value, Format.YOLO.value, Format.VOC.value)
_BY_SUFFIX = {"": DRAWINGS, ".jsonl": JSON_LINES, ".json": Format.COCO.value, ".manifest": Format.GROUND_TRUTH.value}


@dataclass(frozen=True)
class Output:
    """One thing to write; `form` is one of `FORMS`."""

    path: Path
    form: str


def outputs_of(paths: Sequence[Path], forms: Sequence[str], *, overwrite: bool) -> tuple[Output, ...]:
    """What is to be written where, by the forms that were named, one for each path, or else by the paths' suffixes.

    Raises:
        InputError: a name does not say the form, there are other than as many forms, or something is there already.
    """
    if forms and len(forms) != len(paths):
        raise InputError(
            _("--as is given {forms} times and --out {paths} times; name the format of each, or of none.").format(
                forms=len(forms), paths=len(paths)
            )
        )
    found = tuple(
        Output(path, form) for path, form in zip(paths, forms or [_form_of(path) for path in paths], strict=True)
    )
    for output in found:
        _require_room(output, overwrite)
    return found


def _form_of(path: Path) -> str:
    form = DRAWINGS if path.is_dir() else _BY_SUFFIX.get(path.suffix.lower())
    if form is None:
        raise InputError(
            _("{path}: the name does not say which format to write; name it: --as {forms}").format(
                path=path, forms=", ".join(FORMS)
            )
        )
    return form


def _require_room(output: Output, overwrite: bool) -> None:
    path = output.path
    if not path.absolute().parent.is_dir():
        raise InputError(_("{target}: there is no folder {folder}").format(target=path, folder=path.parent))
    if output.form == DRAWINGS:
        if path.exists() and not path.is_dir():
            raise InputError(_("{target}: is a file; drawings go into a folder").format(target=path))
        return
    parts = FORMATS[_ANNOTATIONS[output.form]].parts if output.form in _ANNOTATIONS else ()
    taken = next((each for each in ([path / part for part in parts] or [path]) if each.exists()), None)
    if taken is not None and not overwrite:
        raise InputError(
            _("{target}: is there already; name another, or add --force to replace it").format(target=taken)
        )


def require_apart(outputs: Sequence[Output], sources: Sequence[Source]) -> None:
    """Looks for what would be written over something else.

    Raises:
        InputError: drawings would overwrite the pictures, or two pictures would be one in a format that knows them by
            their file names alone.
    """
    files = [source for source in sources if isinstance(source, PictureSource)]
    for output in outputs:
        if output.form == DRAWINGS and any(file.path.parent.resolve() == output.path.resolve() for file in files):
            raise InputError(
                _("{out}: the drawings would overwrite the pictures; name another folder").format(out=output.path)
            )
        if output.form not in _BY_NAME:
            continue
        seen: dict[str, str] = {}
        for file in files:
            name = file.path.name if output.form == Format.COCO.value else file.path.stem
            if seen.setdefault(name, file.shown) != file.shown:
                raise InputError(
                    _("{output}: {one} and {other} would be one picture in this format; rename one").format(
                        output=output.path, one=seen[name], other=file.shown
                    )
                )


class Drawings:
    """Draws shots into folders, those of a film as a film.

    Args:
        labels: of all classes; their order gives the colours.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._films: dict[Path, FilmWriter] = {}

    def add(self, shot: Shot, detections: Sequence[Detection], labels: Sequence[str]) -> None:
        if not self._folders:
            return
        canvas = drawing.draw_detections(shot.pixels, detections, labels)
        for folder in self._folders:
            if shot.frame is None:
                write_picture(folder / shot.name, canvas)
            else:
                self._film(folder / shot.name, shot.rate).add(canvas, shot.seconds)

    def close(self) -> None:
        """Ends the films."""
        for film in self._films.values():
            film.close()

    def _film(self, path: Path, rate: float) -> FilmWriter:
        if path not in self._films:
            path.parent.mkdir(parents=True, exist_ok=True)
            # One at a time goes on: the frames of a film come together.
            self.close()
            self._films = {path: FilmWriter(path, rate)}
        return self._films[path]


def write(output: Output, lines: Path, labels: Sequence[str]) -> None:
    """Writes detections, which `kit.detection.found` keeps in `lines`, in one form that is not drawings.

    Raises:
        InputError: it cannot be written there, or two pictures would be one in that format.
        SetupError: the disk is full.
    """
    if output.form == JSON_LINES:
        with lines.open("rb") as source, replacing(output.path) as target:
            shutil.copyfileobj(source, target)
        return
    data = AnnotationStream(tuple(labels), _annotated(lines))
    if output.form == Format.GROUND_TRUTH.value:
        ground_truth.write(output.path, data, by_people=False)
    else:
        convert.write(output.path, data, _ANNOTATIONS[output.form])


def _annotated(lines: Path) -> Iterator[AnnotatedPicture]:
    return (found.annotated(each, number) for number, each in enumerate(found.read_lines(lines), start=1))
