"""Reading a JSON document of the COCO kind, `{"images": […], "annotations": […]}`, in flat memory.

Annotations may stand in any order, so they are first put into a nameless SQLite database in the temporary folder (about
the size of the file; gone when closed), and taken from there picture by picture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from msgspec import Raw, Struct

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.problems import MalformedError, OnUnreadable
from kit.annotations.streaming.json_stream import elements
from kit.annotations.streaming.json_values import mapping, parsed, pixels, sequence, shown, text
from kit.annotations.streaming.ordinary import Id, Number, Size, Text
from kit.errors import SetupError
from kit.language import _, marked

# left, top, right, bottom
Edges = tuple[float, float, float, float]
# One element of `annotations` -> its class (any JSON number or text) and edges, or None to pass it over.
ReadBox = Callable[[Mapping[str, Any]], tuple[int | str, Edges] | None]
# What messages call parts of the file that have no name of their own.
_IMAGE, _ANNOTATION = marked("the image"), marked("the annotation")


def pictures(
    path: Path,
    label_of: Callable[[int | str], str],
    read_box: ReadBox,
    edges_of: Callable[[float, float, float, float], Edges],
    on_unreadable: OnUnreadable,
) -> Iterator[AnnotatedPicture]:
    """The pictures in the order of `images`, each with its boxes in the order of `annotations`.

    Args:
        read_box: judges any annotation.
        edges_of: what the four numbers of an ordinary annotation's `bbox` mean.

    Raises:
        SetupError: the temporary folder is full.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        try:
            _load(database, path, read_box, edges_of, on_unreadable)
            yield from _joined(database, label_of)
        except sqlite3.OperationalError as error:
            raise SetupError(
                _("the temporary folder cannot be used ({error}); free some space there").format(error=error)
            ) from error


class _Image(Struct, gc=False):
    id: Id
    file_name: Text
    width: Size
    height: Size


class _Annotation(Struct, gc=False):
    image_id: Id
    category_id: Id
    bbox: tuple[Number, Number, Number, Number]
    iscrowd: Literal[0] = 0


def _load(
    database: sqlite3.Connection,
    path: Path,
    read_box: ReadBox,
    edges_of: Callable[[float, float, float, float], Edges],
    on_unreadable: OnUnreadable,
) -> None:
    database.executescript(
        """CREATE TABLE image (line INTEGER PRIMARY KEY, id, name, width, height);
        CREATE TABLE box (line INTEGER PRIMARY KEY, image, class, left, top, right, bottom);"""
    )
    database.execute("BEGIN")
    images = _Rows(database, "INSERT INTO image VALUES (?, ?, ?, ?, ?)")
    boxes = _Rows(database, "INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)")
    for name, line, element in elements(path, {"images": _Image, "annotations": _Annotation}, on_unreadable):
        try:
            match element:
                case _Annotation():
                    boxes.add((line, element.image_id, element.category_id, *edges_of(*element.bbox)))
                case _Image():
                    images.add((line, element.id, element.file_name, element.width, element.height))
                case Raw() if name == "images":
                    images.add((line, *_image(element)))
                case _:
                    if (box := _box(element, read_box)) is not None:
                        boxes.add((line, *box))
        except MalformedError as error:
            on_unreadable(path, line, f"{name}[{line - 1}]: {error}")
    images.flush()
    boxes.flush()
    database.execute("CREATE INDEX image_id ON image (id)")
    database.execute("CREATE INDEX box_image ON box (image)")
    repeated = """SELECT line, id FROM image WHERE EXISTS
        (SELECT 1 FROM image AS other WHERE other.id = image.id AND other.line < image.line) ORDER BY line"""
    for line, key in database.execute(repeated).fetchall():
        told = _("another image has the id {value} too").format(value=shown(key))
        on_unreadable(path, line, f"images[{line - 1}]: {told}")
        database.execute("DELETE FROM image WHERE line = ?", (line,))
    orphans = "SELECT line, image FROM box WHERE image NOT IN (SELECT id FROM image) ORDER BY line"
    for line, key in database.execute(orphans):
        told = _("no image has the id {value}").format(value=shown(key))
        on_unreadable(path, line, f"annotations[{line - 1}]: {told}")


class _Rows:
    """Rows on their way into a table, many at a time."""

    def __init__(self, database: sqlite3.Connection, insert: str) -> None:
        self._database, self._insert = database, insert
        self._waiting: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._waiting.append(row)
        if len(self._waiting) == 500:
            self.flush()

    def flush(self) -> None:
        self._database.executemany(self._insert, self._waiting)
        self._waiting.clear()


def _image(element: Raw) -> tuple[int | str, str, int, int]:
    """Id, file name, width and height of any element of `images`.

    Raises:
        MalformedError: it lacks one of the first two, or one of them is of another kind.
    """
    image = mapping(parsed(element), _IMAGE)
    return (
        _key(image.get("id"), "id"),
        text(image.get("file_name"), "file_name"),
        pixels(image.get("width"), "width"),
        pixels(image.get("height"), "height"),
    )


def _box(element: Raw, read_box: ReadBox) -> tuple[Any, ...] | None:
    """Image, class and edges of any element of `annotations`, or None to pass it over.

    Raises:
        MalformedError: one of them is missing or of another kind.
    """
    annotation = mapping(parsed(element), _ANNOTATION)
    found = read_box(annotation)
    if found is None:
        return None
    label, edges = found
    return (_key(annotation.get("image_id"), "image_id"), label, *edges)


def _joined(database: sqlite3.Connection, label_of: Callable[[int | str], str]) -> Iterator[AnnotatedPicture]:
    rows = database.execute(
        """SELECT image.line, name, width, height, class, left, top, right, bottom
        FROM image LEFT JOIN box ON box.image = image.id ORDER BY image.line, box.line"""
    )
    for (line, name, width, height), group in groupby(rows, itemgetter(slice(4))):
        boxes = tuple([BoundingBox(label_of(row[4]), *row[5:]) for row in group if row[4] is not None])
        yield AnnotatedPicture(name, width, height, boxes, line=line)


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
