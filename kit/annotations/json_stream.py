"""One JSON document of any length, taken apart element by element."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from kit.annotations.problems import MalformedError, OnUnreadable
from kit.errors import InputError
from kit.language import _

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# ijson's memory grows with the square of the depth of nesting: a hundred kilobytes of "[" would take gigabytes. A chunk
# is small enough for what is opened and closed within it to stay harmless.
_CHUNK = 16 * 1024
_DEEPEST = 2000


def open_document(path: Path) -> BinaryIO:
    """The file, opened, after its byte order mark if it has one.

    Raises:
        InputError: it cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(_("{path}: cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
    if file.read(len(_BYTE_ORDER_MARK)) != _BYTE_ORDER_MARK:
        file.seek(0)
    return file


def elements(path: Path, prefix: str, on_unreadable: OnUnreadable | None = None) -> Iterator[tuple[int, Any]]:
    """The elements of one list of a JSON document, numbered from 1.

    Args:
        prefix: the list in ijson's words: `images.item`, or `item` for a document that is a list.
        on_unreadable: told, with its line, of where the document stops being JSON; without it the elements end there,
            which is for a first look at a document that is read again.
    """
    with open_document(path) as file:
        try:
            yield from enumerate(ijson.items(_Guarded(file), prefix, use_float=True, buf_size=_CHUNK), start=1)
        except MalformedError as error:
            if on_unreadable is not None:
                on_unreadable(path, 0, str(error))
        except (ijson.JSONError, UnicodeDecodeError) as error:
            if on_unreadable is not None:
                on_unreadable(
                    path,
                    _line_of_error(path),
                    _("not valid JSON ({reason}); was the file cut off?").format(reason=_reason(error)),
                )


class _Guarded:
    """The bytes of a file, until they nest deeper than any annotations do."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._depth = 0

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        # Brackets within texts are counted too; they come in pairs, or nowhere near so many.
        self._depth += chunk.count(b"[") + chunk.count(b"{") - chunk.count(b"]") - chunk.count(b"}")
        if self._depth > _DEEPEST:
            raise MalformedError(
                _("its lists and objects are nested more than {deepest} deep: not annotations").format(deepest=_DEEPEST)
            )
        return chunk


def _line_of_error(path: Path) -> int:
    line = 1
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    with open_document(path) as file:
        for piece in iter(lambda: file.readline(_CHUNK), b""):
            try:
                parser.send(piece)
            except (ijson.JSONError, UnicodeDecodeError):
                break
            events.clear()
            line += piece.endswith(b"\n")
    return line


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _("not UTF-8")
    # yajl's message goes on with a picture of the place, and comes as bytes when that is no text.
    told = error.args[0] if error.args else ""
    whole = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return whole.partition("\n")[0]
