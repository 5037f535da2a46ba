"""The files of a folder in the order of their paths, however many: sorted on disk rather than in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit.annotations.streaming.temporary_database import open_temporary_database
from kit.errors import InputError
from kit.language import _


def sorted_files(folder: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """The files below a folder with one of these suffixes, in lower case; hidden ones are passed over.

    Raises:
        InputError: the folder cannot be read.
        SetupError: the temporary folder is full.
    """
    with open_temporary_database() as database:
        try:
            database.execute("CREATE TABLE file (path PRIMARY KEY) WITHOUT ROWID")
            database.execute("BEGIN")
            found = files_below(folder, suffixes)  # not all are called in UTF-8
            database.executemany("INSERT INTO file VALUES (?)", ((os.fsencode(path),) for path in found))
            for (path,) in database.execute("SELECT path FROM file ORDER BY path"):
                yield Path(os.fsdecode(path))
        except OSError as error:
            raise InputError(
                _("{folder}: cannot be read: {reason}").format(folder=folder, reason=error.strerror)
            ) from error


def files_below(folder: Path, suffixes: Sequence[str]) -> Iterator[str]:
    """The same in no order.

    Raises:
        OSError: a folder cannot be read.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "__MACOSX")):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(Path(entry.path), suffixes)
            elif entry.name.lower().endswith(tuple(suffixes)) and entry.is_file():
                yield entry.path
