"""A folder with a file for each picture, named as the picture is, in folders like those of the pictures."""

from __future__ import annotations

from pathlib import Path, PurePath

from kit.annotations.model import AnnotatedPicture
from kit.annotations.streaming.writing import write_errors_told
from kit.errors import InputError
from kit.language import _


class LabelFiles:
    """Writes them.

    Args:
        folder: is made.
        suffix: of each file, in place of the picture's.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        self._folder, self._suffix = folder, suffix
        with write_errors_told(folder):
            folder.mkdir(parents=True)

    def new(self, picture: AnnotatedPicture, content: bytes) -> None:
        """Write the file of a picture.

        Raises:
            InputError: another picture has that file; its name is none that a file can have.
        """
        path = self._path(picture)
        try:
            if "/" in picture.file_name:
                path.parent.mkdir(parents=True, exist_ok=True)
            with write_errors_told(path), path.open("xb") as file:
                file.write(content)
        except FileExistsError as error:
            raise InputError(
                _("line {line}: {picture} and another picture would both have the file {name}; rename one").format(
                    line=picture.line, picture=picture.source, name=path.name
                )
            ) from error

    def content(self, picture: AnnotatedPicture) -> bytes:
        """What was written for a picture."""
        return self._path(picture).read_bytes()

    def replace(self, picture: AnnotatedPicture, content: bytes) -> None:
        """Write the file of a picture again."""
        with write_errors_told(self._folder):
            self._path(picture).write_bytes(content)

    def _path(self, picture: AnnotatedPicture) -> Path:
        name = picture.file_name
        if name in ("", ".", "..") or "\0" in name:
            raise InputError(_("{picture!r} does not end in a file name").format(picture=picture.source))
        return self._folder / f"{PurePath(name).with_suffix('')}{self._suffix}"
