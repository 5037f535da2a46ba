"""The pictures of a run, each decoded before anything is made."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import cv2

from kit.annotations.picture_conversion import converted
from kit.annotations.picture_files import NOT_TAKEN, SUFFIXES, files_in, flat_name, name_fault
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run.remark import Remark

# So many are named in one sentence.
_MOST_TOLD = 10
_VIEW_SIZE = (16, 16)


@dataclass(frozen=True)
class RunPicture:
    """A picture of a run.

    Attributes:
        path: the file.
        shown: its path below the folder of the pictures, for people: without what a terminal would take for orders.
        name: what it is called in the bucket and everywhere after, no other picture's name even where case does not
            count.
        width, height: pixels, upright; 0 as long as it has not been decoded.
        view: 16 x 16 steps of grey of the whole picture, row by row, as hexadecimal digits; "" until it is decoded.
    """

    path: Path
    shown: str
    name: str
    width: int = 0
    height: int = 0
    view: str = ""


# A picture that can be used and a remark on it, or why it cannot.
_Found: TypeAlias = "tuple[RunPicture, str] | InputError"


@dataclass(frozen=True)
class Looked:
    """The files of a folder, sorted into usable pictures and the rest.

    Attributes:
        pictures: those that can be used, sorted by path.
        left_out: why others cannot, by file.
        remarks: on pictures that can be used.
    """

    pictures: tuple[RunPicture, ...]
    left_out: Mapping[Path, Remark]
    remarks: tuple[Remark, ...]

    def with_those_of(self, other: Looked) -> Looked:
        return Looked(
            (*self.pictures, *other.pictures), {**self.left_out, **other.left_out}, (*self.remarks, *other.remarks)
        )


def pictures_of(folder: Path) -> tuple[RunPicture, ...]:
    """The pictures of a folder and its subfolders, sorted by path; they are not decoded.

    Raises:
        InputError: it is no folder, there are none, or two would have one name.
    """
    if not folder.is_dir():
        raise InputError(_("{folder} is not a folder; give the folder that holds the pictures.").format(folder=folder))
    below = sorted(path.relative_to(folder) for path in files_in(folder) if path.suffix.lower() in SUFFIXES)
    if not below:
        raise InputError(
            _("{folder} holds no pictures; put JPEG or PNG files there, or {suffixes}.").format(
                folder=folder, suffixes=", ".join(SUFFIXES)
            )
        )
    by_name = defaultdict(list)
    for path in below:
        by_name[flat_name(path).casefold()].append(path)
    for paths in by_name.values():
        if len(paths) > 1:
            raise InputError(
                _("{folder}: {paths} would have the same name where case does not count; rename one of them.").format(
                    folder=folder, paths=", ".join(map(_shown, paths[:_MOST_TOLD]))
                )
            )
    return tuple(RunPicture(folder / path, _shown(path), flat_name(path)) for path in below)


def look_at(folder: Path, console: Console) -> Looked:
    """Decodes every picture of a folder as it will go into the bucket.

    Raises:
        InputError: as `pictures_of`.
    """
    pictures = pictures_of(folder)
    found: list[_Found] = []
    # The decoders run without Python's lock.
    with console.progress(_("checked"), len(pictures)) as advance, ThreadPoolExecutor(os.cpu_count()) as threads:
        for number, each in enumerate(threads.map(_decoded, pictures), start=1):
            found.append(each)
            advance(number)
    usable: list[RunPicture] = []
    left_out, remarks = _not_taken(folder), list[Remark]()
    for picture, first in zip(pictures, found, strict=True):
        # Here, where no other thread decodes: what is cut off is mended by a setting of Pillow's that all threads have.
        outcome = _decoded(picture, mend=True) if isinstance(first, InputError) else first
        if isinstance(outcome, InputError):
            reason = str(outcome).removeprefix(f"{picture.path}: ")
            left_out[picture.path] = Remark(picture.shown, reason)
        else:
            usable.append(outcome[0])
            remarks += [Remark(picture.shown, outcome[1])] if outcome[1] else []
    return Looked(tuple(usable), left_out, tuple(remarks))


def _decoded(picture: RunPicture, *, mend: bool = False) -> _Found:
    if fault := name_fault(picture.name):
        return InputError(fault)
    try:
        content = converted(picture.path, mend=mend)
    except InputError as error:
        return error
    width, height = content.size
    grey = cv2.cvtColor(content.pixels, cv2.COLOR_BGR2GRAY)
    view = cv2.resize(grey, _VIEW_SIZE, interpolation=cv2.INTER_AREA).tobytes().hex()
    return replace(picture, width=width, height=height, view=view), content.remark


def _not_taken(folder: Path) -> dict[Path, Remark]:
    text = _("pictures of this kind are not taken; save it as JPEG or PNG")
    others = sorted(path for path in files_in(folder) if path.suffix.lower() in NOT_TAKEN)
    return {path: Remark(_shown(path.relative_to(folder)), text) for path in others}


def _shown(path: Path) -> str:
    text = str(path)
    return text if text.isprintable() else repr(text)[1:-1]
