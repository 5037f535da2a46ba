"""Reading a JSON document of the COCO kind, `{"images": […], "annotations": […]}`, in flat memory.

Annotations may stand in any order, so they are first put into a nameless SQLite database in the temporary folder (about
the size of the file; gone when closed), and taken from there picture by picture. Elements are parsed one at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from kit.annotations.json_stream import elements
from kit.annotations.json_values import mapping, pixels, sequence, shown, text
from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.problems import MalformedError, OnUnreadable
from kit.errors import SetupError
from kit.language import _, marked

# left, top, right, bottom
Edges = tuple[float, float, float, float]
# One element of `annotations` -> its class (any JSON number or text) and edges, or None to pass it over.
ReadBox = Callable[[Mapping[str, Any]], tuple[int | str, Edges] | None]
# What messages call parts of the file that have no name of their own.
_IMAGE, _ANNOTATION = marked("the image"), marked("the annotation")


def pictures(
    path: Path, label_of: Callable[[int | str], str], read_box: ReadBox, on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    """The pictures in the order of `images`, each with its boxes in the order of `annotations`.

    Raises:
        SetupError: the temporary folder is full.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        try:
            _load(database, path, read_box, on_unreadable)
            yield from _joined(database, label_of)
        except sqlite3.OperationalError as error:
            raise SetupError(
                _("the temporary folder cannot be used ({error}); free some space there").format(error=error)
            ) from error


def _load(database: sqlite3.Connection, path: Path, read_box: ReadBox, on_unreadable: OnUnreadable) -> None:
    database.executescript(
        """CREATE TABLE image (line INTEGER PRIMARY KEY, id UNIQUE, name, width, height);
        CREATE TABLE box (line INTEGER PRIMARY KEY, image, class, left, top, right, bottom);"""
    )
    database.execute("BEGIN")
    for line, element in elements(path, "images.item"):
        try:
            image = mapping(element, _IMAGE)
            row = (
                line,
                _key(image.get("id"), "id"),
                text(image.get("file_name"), "file_name"),
                pixels(image.get("width"), "width"),
                pixels(image.get("height"), "height"),
            )
            if not database.execute("INSERT OR IGNORE INTO image VALUES (?, ?, ?, ?, ?)", row).rowcount:
                raise MalformedError(_("another image has the id {value} too").format(value=shown(row[1])))
        except MalformedError as error:
            on_unreadable(path, line, f"images[{line - 1}]: {error}")
    for line, element in elements(path, "annotations.item", on_unreadable):
        try:
            annotation = mapping(element, _ANNOTATION)
            found = read_box(annotation)
            if found is not None:
                label, edges = found
                values = (line, _key(annotation.get("image_id"), "image_id"), label, *edges)
                database.execute("INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        except MalformedError as error:
            on_unreadable(path, line, f"annotations[{line - 1}]: {error}")
    database.execute("CREATE INDEX box_image ON box (image)")
    orphans = "SELECT line, image FROM box WHERE image NOT IN (SELECT id FROM image) ORDER BY line"
    for line, image in database.execute(orphans):
        on_unreadable(
            path, line, f"annotations[{line - 1}]: " + _("no image has the id {value}").format(value=shown(image))
        )


def _joined(database: sqlite3.Connection, label_of: Callable[[int | str], str]) -> Iterator[AnnotatedPicture]:
    boxes_of = "SELECT class, left, top, right, bottom FROM box WHERE image = ? ORDER BY line"
    for line, key, name, width, height in database.execute("SELECT * FROM image ORDER BY line"):
        boxes = [
            BoundingBox(label_of(label), left, top, right, bottom)
            for label, left, top, right, bottom in database.execute(boxes_of, (key,))
        ]
        yield AnnotatedPicture(name, width, height, tuple(boxes), line=line)


def _key(value: Any, name: str) -> int | str:
    """An id: any whole number or text, as long as the two lists agree.

    Raises:
        MalformedError: it is neither.
    """
    kind = type(value)
    if (kind is int and -(2**63) <= value < 2**63) or kind is str:
        return value  # type: ignore[no-any-return]
    raise MalformedError(_("{name} is {value}, not a number or text").format(name=name, value=shown(value)))


def class_key(value: Any) -> int | str:
    """A `category_id`: a whole number, which a float or text may stand for, or a label.

    Raises:
        MalformedError: it is neither a number nor text.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return _key(value, "category_id")


def four_numbers(value: Any, names: str) -> list[Any]:
    """The `bbox` of an annotation.

    Raises:
        MalformedError: it is no list of four.
    """
    values = sequence(value, "bbox")
    if len(values) != 4:
        raise MalformedError(_("bbox is {value}, not {names}").format(value=shown(values), names=names))
    return values
