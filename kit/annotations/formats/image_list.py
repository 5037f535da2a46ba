"""Reading a JSON document of the COCO kind, `{"images": […], "annotations": […]}`, in flat memory.

Annotations may stand in any order, so they are first put into a nameless SQLite database in the temporary folder (about
the size of the file; gone when closed), and taken from there picture by picture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from kit.annotations.account import Account
from kit.annotations.formats.image_list_boxes import SIZED, box_of, key_of
from kit.annotations.formats.image_list_forms import settle_form
from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.problems import MalformedError, OnUnreadable
from kit.annotations.streaming.json_stream import elements, value_of
from kit.annotations.streaming.json_values import mapping, parsed, pixels, shown, text
from kit.annotations.streaming.ordinary import Id, Length, Number, Size, Text
from kit.annotations.streaming.temporary_database import open_temporary_database
from kit.language import _, marked

FROM_ONE = marked("boxes whose category_id counts from 1, where JumpStart's count from 0; is there no 0?: {count}")
# What messages call parts of the file that have no name of their own.
_IMAGE, _ANNOTATION = marked("the image"), marked("the annotation")


def pictures(
    path: Path,
    label_of: Callable[[int | str], str],
    form: str,
    account: Account,
    on_unreadable: OnUnreadable,
    *,
    certain: bool = False,
    count_from_zero: Sequence[str] | None = None,
) -> Iterator[AnnotatedPicture]:
    """The pictures in the order of `images`, each with its boxes in the order of `annotations`.

    Args:
        form: what the four numbers of a `bbox` mean.
        certain: whether they do so even where the boxes do not look like it.
        count_from_zero: the labels of which `category_id` is the index; None where the document names its classes.

    Raises:
        SetupError: the temporary folder is full.
    """
    with open_temporary_database() as database:
        _load(database, path, form, account, on_unreadable)
        if not certain and (told := settle_form(database, form, account)):
            on_unreadable(path, 0, told)
        if count_from_zero is not None:
            _look_at_ids(database, path, count_from_zero, account, on_unreadable)
        yield from _joined(database, label_of)


def _look_at_ids(
    database: sqlite3.Connection, path: Path, labels: Sequence[str], account: Account, on_unreadable: OnUnreadable
) -> None:
    """Whether the class ids look as if they counted from 1."""
    from_zero = "SELECT 1 FROM box WHERE typeof(class) = 'integer' AND class < 1"
    if database.execute(from_zero).fetchone():  # the first of them ends the search, and most files begin with it
        return
    ids = "SELECT min(class), max(class), count(*) FROM box WHERE typeof(class) = 'integer'"
    lowest, highest, count = database.execute(ids).fetchone()
    if lowest != 1:
        return
    if highest == len(labels):
        told = _(
            "category_id counts from 1 to {highest} here, and JumpStart's from 0: the {highest} labels would be one "
            "off; subtract 1 from each, or name a label for 0 as well"
        )
        on_unreadable(path, 0, told.format(highest=highest))
    else:
        account.lose(FROM_ONE, 0, count)


class _Attributes(Struct, gc=False):
    rotation: Literal[0] = 0


class _Image(Struct, gc=False):
    id: Id
    file_name: Text
    width: Size
    height: Size


class _Annotation(Struct, gc=False):
    image_id: Id
    category_id: Id
    bbox: tuple[Number, Number, Length, Length]
    iscrowd: Literal[0] = 0
    attributes: _Attributes | UnsetType = UNSET


def _load(
    database: sqlite3.Connection,
    path: Path,
    form: str,
    account: Account,
    on_unreadable: OnUnreadable,
) -> None:
    database.executescript(
        """CREATE TABLE image (line INTEGER PRIMARY KEY, id, name, width, height);
        CREATE TABLE box (line INTEGER PRIMARY KEY, image, class, left, top, right, bottom);
        CREATE TABLE outlined (line INTEGER PRIMARY KEY);"""
    )
    database.execute("BEGIN")
    images = _Rows(database, "INSERT INTO image VALUES", 5)
    sized = form == SIZED
    boxes = _Rows(database, "INSERT INTO box VALUES", 7)
    for name, line, element in elements(path, {"images": _Image, "annotations": _Annotation}, on_unreadable):
        try:
            match element:
                case _Annotation():
                    one, two, three, four = element.bbox
                    if sized:
                        three, four = one + three, two + four
                    boxes.add((line, element.image_id, element.category_id, one, two, three, four))
                case _Image():
                    images.add((line, element.id, element.file_name, element.width, element.height))
                case Raw() if name == "images":
                    images.add((line, *_image(element)))
                case _:
                    annotation = mapping(parsed(element), _ANNOTATION)
                    label, edges, as_it_stands = box_of(annotation, form, line, account)
                    boxes.add((line, key_of(annotation.get("image_id"), "image_id"), label, *edges))
                    if not as_it_stands:
                        database.execute("INSERT INTO outlined VALUES (?)", (line,))
        except MalformedError as error:
            on_unreadable(path, line, f"{name}[{line - 1}]: {error}")
    images.flush()
    boxes.flush()
    _tell_no_list(database, path, on_unreadable)
    database.execute("CREATE INDEX box_image ON box (image)")
    try:
        database.execute("CREATE UNIQUE INDEX image_id ON image (id)")
    except sqlite3.IntegrityError:
        _tell_repeated(database, path, on_unreadable)
    # Each image once, for there are several boxes of each, and hardly ever any without.
    orphans = """SELECT line, image FROM box WHERE image IN
        (SELECT image FROM (SELECT DISTINCT image FROM box) WHERE image NOT IN (SELECT id FROM image)) ORDER BY line"""
    for line, key in database.execute(orphans):
        told = _("no image has the id {value}").format(value=shown(key))
        on_unreadable(path, line, f"annotations[{line - 1}]: {told}")


def _tell_repeated(database: sqlite3.Connection, path: Path, on_unreadable: OnUnreadable) -> None:
    """Takes out the images whose id another had before."""
    database.execute("CREATE INDEX image_id ON image (id)")
    repeated = """SELECT line, id FROM image WHERE EXISTS
        (SELECT 1 FROM image AS other WHERE other.id = image.id AND other.line < image.line) ORDER BY line"""
    for line, key in database.execute(repeated).fetchall():
        told = _("another image has the id {value} too").format(value=shown(key))
        on_unreadable(path, line, f"images[{line - 1}]: {told}")
        database.execute("DELETE FROM image WHERE line = ?", (line,))


def _tell_no_list(database: sqlite3.Connection, path: Path, on_unreadable: OnUnreadable) -> None:
    """Whether what ought to be a list is an object by ids, as some write it: nothing of it was read."""
    for name, table in (("images", "image"), ("annotations", "box")):
        if not database.execute(f"SELECT 1 FROM {table}").fetchone() and value_of(path, name) is not None:  # noqa: S608
            on_unreadable(path, 0, _("{name} is no list; make it one").format(name=name))


class _Rows:
    """Rows on their way into a table, many at a time: one statement for all takes half the time of `executemany`."""

    def __init__(self, database: sqlite3.Connection, insert: str, columns: int) -> None:
        self._database, self._insert, self._row = database, insert, f"({', '.join('?' * columns)})"
        self._waiting: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._waiting.append(row)
        if len(self._waiting) == 200:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            rows = ", ".join([self._row] * len(self._waiting))
            values = list(chain.from_iterable(self._waiting))
            self._database.execute(f"{self._insert} {rows}", values)
            self._waiting.clear()


def _image(element: Raw) -> tuple[int | str, str, int, int]:
    """Id, file name, width and height of any element of `images`.

    Raises:
        MalformedError: it lacks one of the first two, or one of them is of another kind.
    """
    image = mapping(parsed(element), _IMAGE)
    return (
        key_of(image.get("id"), "id"),
        # LVIS has only the address.
        text(image.get("file_name") or image.get("coco_url"), "file_name"),
        pixels(image.get("width"), "width"),
        pixels(image.get("height"), "height"),
    )


def _joined(database: sqlite3.Connection, label_of: Callable[[int | str], str]) -> Iterator[AnnotatedPicture]:
    rows = database.execute(
        """SELECT image.line, name, width, height, class, left, top, right, bottom
        FROM image LEFT JOIN box ON box.image = image.id ORDER BY image.line, box.line"""
    )
    for (line, name, width, height), group in groupby(rows, itemgetter(slice(4))):
        boxes = tuple([BoundingBox(label_of(row[4]), *row[5:]) for row in group if row[4] is not None])
        yield AnnotatedPicture(name, width, height, boxes, line=line)
