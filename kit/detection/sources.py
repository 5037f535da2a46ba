"""What `kit detect` is given: pictures, folders, patterns, films, a camera, a pipe. All becomes a row of shots."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

from kit.annotations.picture_conversion import ConvertedPicture, Picture, converted, encoded
from kit.annotations.picture_files import flat_name, name_fault, pictures_in
from kit.detection import films
from kit.detection.films import Camera, Film, Frame
from kit.detection.picture_stream import PictureStream
from kit.detection.request import as_sent
from kit.errors import InputError
from kit.language import _

PIPE = "-"
_PIPED = "stdin"


@dataclass(frozen=True)
class Shot:
    """A picture to ask about.

    Attributes:
        picture: as it was given.
        name: a file name of its own among all shots, for its drawing; of a frame, that of its film's drawing.
        body: as the endpoint gets it.
        pixels: what is in `body`, or larger; upright, blue-green-red.
        frame, seconds, rate: of a film: the frame's number, its time, and how many there are a second.
    """

    picture: str
    name: str
    body: bytes
    pixels: Picture
    frame: int | None = None
    seconds: float = 0.0
    rate: float = 0.0


@dataclass(frozen=True)
class Broken:
    """A picture that cannot be used, and why."""

    picture: str
    reason: str


Row: TypeAlias = "Iterator[Shot | Broken]"


class Source(Protocol):
    """Something that shots come from.

    Attributes:
        count: how many; None where nobody knows before.
        name: of its drawing.
    """

    @property
    def count(self) -> int | None: ...

    @property
    def name(self) -> str: ...

    def shots(self) -> Row: ...


@dataclass(frozen=True)
class PictureSource:
    """A picture file, `shown` as it was given."""

    path: Path
    shown: str
    name: str
    count: int = 1

    def shots(self) -> Row:
        try:
            picture = converted(self.path)
        except InputError as error:
            yield Broken(self.shown, str(error).removeprefix(f"{self.path}: "))
        else:
            yield Shot(self.shown, self.name, as_sent(picture), picture.pixels)


@dataclass(frozen=True)
class FilmSource:
    """A film file."""

    film: Film
    shown: str
    name: str

    @property
    def count(self) -> int | None:
        return self.film.frames or None

    def shots(self) -> Row:
        try:
            for frame in self.film:
                yield _shot_of(frame, self.shown, self.name, self.film.rate)
        except InputError as error:
            yield Broken(self.shown, str(error).removeprefix(f"{self.film.path}: "))


@dataclass(frozen=True)
class CameraSource:
    """A camera, already opened."""

    camera: Camera
    count: None = None

    @property
    def name(self) -> str:
        return f"camera-{self.camera.number}{films.DRAWN_SUFFIX}"

    def shots(self) -> Row:
        shown = f"camera-{self.camera.number}"
        with self.camera:
            for frame in self.camera:
                yield _shot_of(frame, shown, self.name, self.camera.rate)


@dataclass(frozen=True)
class PipeSource:
    """Pictures of a pipe as they come; or one file of any other kind that is taken, a film say."""

    stream: BinaryIO
    count: None = None
    name: str = _PIPED

    def shots(self) -> Row:
        stream = PictureStream(self.stream)
        if not stream.begins_with_a_picture():
            yield from _of_one_file(stream.rest())
            return
        for number, content in enumerate(stream.pictures()):
            with tempfile.NamedTemporaryFile(prefix="kit-detect-") as file:
                file.write(content)
                file.flush()
                name = f"{_PIPED}-{number:06d}.jpg"
                yield from PictureSource(Path(file.name), name, name).shots()


def _of_one_file(content: bytes) -> Row:
    if not content:
        yield Broken(_PIPED, _("nothing came"))
        return
    with tempfile.NamedTemporaryFile(prefix="kit-detect-") as file:
        file.write(content)
        file.flush()
        path = Path(file.name)
        source: Source
        try:
            source = FilmSource(Film(path), _PIPED, _PIPED + films.DRAWN_SUFFIX)
        except InputError:  # no film; whether it is a picture is said by its decoder
            source = PictureSource(path, _PIPED, _PIPED + ".jpg")
        yield from source.shots()


def _shot_of(frame: Frame, shown: str, name: str, rate: float) -> Shot:
    picture = ConvertedPicture(encoded(frame.pixels, "JPEG"), "image/jpeg", frame.pixels)
    return Shot(shown, name, as_sent(picture), frame.pixels, frame.number, frame.seconds, rate)


def sources_of(given: Sequence[str], stream: BinaryIO) -> tuple[Source, ...]:
    """The sources that paths, folders, patterns and `-` (the pipe) name, in their order, each file once.

    Args:
        stream: what comes by the pipe.

    Raises:
        InputError: a path leads nowhere, a folder or a pattern has no pictures, a film cannot be decoded, or two
            drawings would have one name.
    """
    files: dict[Path, str] = {}
    for each in given:
        if each != PIPE:
            for path, shown in _files_of(each):
                files.setdefault(path.resolve(), shown)
    base = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
    found: list[Source] = [_source_of(path, shown, base) for path, shown in files.items()]
    if PIPE in given:
        found.append(PipeSource(stream))
    _require_own_names(found)
    return tuple(found)


def _files_of(given: str) -> Iterator[tuple[Path, str]]:
    """The files that one argument names, and how each is shown."""
    path = Path(given).expanduser()
    if path.is_dir():
        inside = sorted(pictures_in(path))
        if not inside:
            raise InputError(_("{folder}: holds no pictures").format(folder=given))
        yield from ((each, os.path.join(given, each.relative_to(path))) for each in inside)  # noqa: PTH118
    elif path.exists():
        yield path, given
    elif glob.has_magic(given):
        # pathlib's own takes no pattern that begins at the root.
        everything = glob.glob(os.fspath(path), recursive=True)  # noqa: PTH207
        matching = sorted(each for each in everything if Path(each).is_file())
        if not matching:
            raise InputError(_("{pattern}: no file is called so").format(pattern=given))
        yield from ((Path(each), each) for each in matching)
    else:
        raise InputError(_("{path}: there is no such file").format(path=given))


def _source_of(path: Path, shown: str, base: Path) -> Source:
    below = path.relative_to(base)
    if path.suffix.lower() in films.SUFFIXES:
        return FilmSource(Film(path), shown, flat_name(below.with_suffix(films.DRAWN_SUFFIX)))
    return PictureSource(path, shown, _drawn_name(below))


def _drawn_name(below: Path) -> str:
    """The name of a picture's drawing, which is a JPEG or PNG whatever it was."""
    name = flat_name(below)
    return name if name.lower().endswith((".jpg", ".jpeg", ".png")) else f"{name}.jpg"


def _require_own_names(sources: Sequence[Source]) -> None:
    names: dict[str, Source] = {}
    for source in sources:
        if fault := name_fault(source.name):
            raise InputError(f"{source.name!r}: {fault}")
        if names.setdefault(source.name.casefold(), source) is not source:
            raise InputError(
                _("Two drawings would have the name {name} where case does not count; rename one of the files.").format(
                    name=source.name
                )
            )
