"""Which file of a folder belongs to an annotation: by its path, and where nothing else fits, by its name otherwise
written."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from kit.annotations.picture_files import SUFFIXES, pictures_in
from kit.errors import InputError
from kit.language import _

# What Label Studio puts before the name of an uploaded file, or of another when it exports, and what it makes of the
# rest (label_studio/data_import/uploader.py, Django's get_valid_filename).
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}(-|__)(?=.)")
_NOT_IN_UPLOADS = re.compile(r"[^-\w.]")
# So many parts of a source are looked at, from its end: no data set's folders are deeper.
_DEEPEST = 8
_MOST_NAMED = 3


class PictureFolder:
    """The files of a folder as annotation files name them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written_otherwise: dict[Path, str] = {}
        self._by_name: Mapping[str, list[Path]] | None = None

    def find(self, source: str) -> Path:
        """The file that `source` (an S3 URI, a path, a file name) means.

        That is the file whose path below the folder is the end of the source, the longer the better. Where there is
        none: the only file of that name in any subfolder, then the only one whose name is the same but for
        percent-encoding, the composing of Unicode, upper and lower case, or Label Studio's prefix for uploads; for a
        name without a picture's suffix, the only one that is the same but for that.

        Raises:
            InputError: there is no such file, or there are several; the names that come near are told.
        """
        parts = [part for part in re.split(r"[/\\]", source) if part]
        # The end of the source alone: nothing in it leads out of the folder.
        parts = parts[max((n + 1 for n, part in enumerate(parts) if part in (".", "..")), default=0) :]
        if not parts or "\0" in parts[-1] or source.endswith(("/", "\\")):
            raise InputError(_("{picture!r} does not end in a file name").format(picture=source))
        for count in range(min(len(parts), _DEEPEST), 0, -1):
            path = self.folder.joinpath(*parts[-count:])
            if _is_file(path):
                return self._claimed(path, source, otherwise=False)
        return self._claimed(self._only(parts, source), source, otherwise=True)

    def _claimed(self, path: Path, source: str, *, otherwise: bool) -> Path:
        earlier = self._written_otherwise.get(path)
        if earlier is not None and earlier != source:
            raise InputError(
                _("{earlier} and {picture} would both be the file {path}; name the files as the labels do").format(
                    earlier=earlier, picture=source, path=path
                )
            )
        if otherwise:
            self._written_otherwise[path] = source
        return path

    def _only(self, parts: list[str], source: str) -> Path:
        name = parts[-1]
        index = self._index()
        for key in dict.fromkeys((name, _key(name), *_key_of_upload(name), *_key_without_suffix(name))):
            found = _nearest(index.get(key, []), parts)
            if len(found) == 1:
                return found[0]
            if found:
                raise InputError(
                    _("{picture} may be any of {paths}; say in the labels in which folder it is").format(
                        picture=source, paths=", ".join(self._below(path) for path in sorted(found)[:_MOST_NAMED])
                    )
                )
        text = _("there is no picture {name} in {folder}").format(name=name, folder=self.folder)
        if near := self._near(name, index):
            text += _("; is it {near}?").format(near=near)
        raise InputError(text)

    def _index(self) -> Mapping[str, list[Path]]:
        """The files of the folder and its subfolders by each way to write their names; made when first asked for."""
        if self._by_name is None:
            index: dict[str, list[Path]] = {}
            for path in pictures_in(self.folder):
                for key in {path.name, _key(path.name), _uploaded(path.name), "//" + _key(path.stem)}:
                    index.setdefault(key, []).append(path)
            self._by_name = index
        return self._by_name

    def _near(self, name: str, index: Mapping[str, list[Path]]) -> str:
        """The file that comes nearest to a name that none has: of the same stem, or of nearly the same letters."""
        stem = _key(name).partition(".")[0]
        same_stem = (paths[0] for key, paths in index.items() if key.lstrip("/").partition(".")[0] == stem)
        found = next(same_stem, None)
        if found is None:
            # Likeness takes long to tell: of a large folder a part is looked at.
            near = difflib.get_close_matches(_key(name), islice(index, 2000), n=1, cutoff=0.8)
            found = index[near[0]][0] if near else None
        return self._below(found) if found is not None else ""

    def _below(self, path: Path) -> str:
        return str(path.relative_to(self.folder))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than the file system allows, or half a surrogate pair
        return False


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name)).casefold()


def _uploaded(name: str) -> str:
    """A name as Label Studio keeps it, marked as such so that no other name is it."""
    return "/" + _NOT_IN_UPLOADS.sub("", _key(name).strip().replace(" ", "_"))


def _key_of_upload(name: str) -> list[str]:
    plain = unquote(name)
    return [_uploaded(_UPLOAD_PREFIX.sub("", plain))] if _UPLOAD_PREFIX.match(plain) else []


def _key_without_suffix(name: str) -> list[str]:
    """As labelImg once wrote names, ImageNet has them, and label files are called, Label Studio's with its prefix."""
    if name.lower().endswith(SUFFIXES):
        return []
    plain = _UPLOAD_PREFIX.sub("", unquote(name))
    return ["//" + _key(each) for each in dict.fromkeys((name, plain))]


def _nearest(paths: list[Path], parts: list[str]) -> list[Path]:
    """Those whose folders agree with most of the source's."""

    def agreeing(path: Path) -> int:
        count = 0
        for mine, theirs in zip(reversed(path.parts[:-1]), reversed(parts[:-1]), strict=False):
            if _key(mine) != _key(theirs):
                break
            count += 1
        return count

    best = max(map(agreeing, paths), default=0)
    return [path for path in paths if agreeing(path) == best]
