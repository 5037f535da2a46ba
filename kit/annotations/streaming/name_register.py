"""Finds pictures of the same file name among any number of them, on disk rather than in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from kit.annotations.model import AnnotatedPicture
from kit.annotations.streaming.temporary_database import full_folder_told, temporary_database


@dataclass(frozen=True, slots=True)
class Entry:
    """The first picture of its name.

    Attributes:
        source: where it came from.
        line: where in the annotation file it stands.
        number: how many pictures of other names were met before it, and one.
        same_boxes: whether the later picture has the very boxes of one met before.
    """

    source: str
    line: int
    number: int
    same_boxes: bool


class NameRegister:
    """Pictures met so far, by file name."""

    def __init__(self) -> None:
        self._database = temporary_database()
        self._database.execute("CREATE TABLE picture (name PRIMARY KEY, source, line, number, boxes) WITHOUT ROWID")
        # The later pictures of a name, only to tell which of them are the same once more.
        self._database.execute("CREATE TABLE later (name, boxes, PRIMARY KEY (name, boxes)) WITHOUT ROWID")
        self._database.execute("BEGIN")
        self._count = 0

    def add(self, picture: AnnotatedPicture) -> Entry | None:
        """The earlier picture of the same file name, or None when there is none; this one is then the first.

        Raises:
            SetupError: the temporary folder is full.
        """
        entries = self.add_all([picture], [picture.file_name])
        return entries[0] if entries else None

    def add_all(self, pictures: Sequence[AnnotatedPicture], names: Sequence[str]) -> list[Entry | None] | None:
        """For each picture what `add` tells; None where that is None of all. Many at a time take less, up to hundreds.

        Args:
            names: their file names.

        Raises:
            SetupError: the temporary folder is full.
        """
        with full_folder_told():
            try:
                self._insert(pictures, names)
                return None
            except sqlite3.IntegrityError:  # a name is there already, and nothing of it was inserted
                return [self._added(picture) for picture in pictures]

    def _insert(self, pictures: Sequence[AnnotatedPicture], names: Sequence[str]) -> None:
        # One statement for all takes half the time of `executemany`, and inserts all or none.
        places = ", ".join(["(?, ?, ?, ?, ?)"] * len(pictures))
        values: list[str | int] = []
        for number, (picture, name) in enumerate(zip(pictures, names, strict=True), start=self._count + 1):
            values += (name, picture.source, picture.line, number, hash(picture.boxes))
        insert = f"INSERT INTO picture VALUES {places}"  # noqa: S608 - nothing but ?
        try:
            self._database.execute(insert, values)
        except UnicodeEncodeError:
            self._database.execute(insert, [_in_utf_8(each) if isinstance(each, str) else each for each in values])
        self._count += len(pictures)

    def _added(self, picture: AnnotatedPicture) -> Entry | None:
        name, boxes = _in_utf_8(picture.file_name), hash(picture.boxes)
        found = self._database.execute("SELECT source, line, number, boxes FROM picture WHERE name = ?", (name,))
        row = found.fetchone()
        if row is None:
            self._insert([picture], [name])
            return None
        new = self._database.execute("INSERT OR IGNORE INTO later VALUES (?, ?)", (name, boxes)).rowcount
        source, line, number, first = row
        return Entry(source, line, number, same_boxes=first == boxes or not new)

    def __contains__(self, name: str) -> bool:
        row = self._database.execute("SELECT 1 FROM picture WHERE name = ?", (_in_utf_8(name),)).fetchone()
        return row is not None

    def __enter__(self) -> NameRegister:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()


def _in_utf_8(name: str) -> str:
    """A name as SQLite takes it: a file may be called in another encoding, which is no letters then."""
    return name.encode("utf-8", "backslashreplace").decode()
