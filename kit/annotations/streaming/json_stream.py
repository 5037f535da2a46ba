"""One JSON document of any length, taken apart element by element.

The elements of a list are decoded by the run, as many as a block of the file holds, into the type that their reader
declares. Where a run ends is found by counting braces and proved by the decoder: `[` + the beginning of the rest of a
list + `]` is JSON only if that beginning is whole elements. Where counting is misled, say by a brace within a text, a
slower search that knows texts takes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from kit.annotations.problems import MalformedError, OnUnreadable
from kit.annotations.streaming.encodings import open_plain
from kit.annotations.streaming.json_endings import FindEnding, alike, balanced, bracketed, searched, without_escapes
from kit.annotations.streaming.json_values import list_with_constants
from kit.annotations.streaming.ordinary import decoded
from kit.language import _

# The name of the list that is a whole document.
ROOT = ""

_BLOCK = 128 * 1024
# Nobody's annotations of one picture are as long as this; it is some other file, not to be held in memory.
_LONGEST = 16 * 1024 * 1024

_SPACE = re.compile(rb"[ \t\r\n]*")
_KEY = re.compile(rb'("[^"]*")[ \t\r\n]*:')
_POSITION = re.compile(r" \(byte (\d+)\)$")
_ANY = Decoder(list[Raw])


def open_document(path: Path) -> BinaryIO:
    """The document's bytes in UTF-8; see `open_plain`.

    Raises:
        InputError: it cannot be read.
    """
    return open_plain(path)


def elements(
    path: Path, kinds: Mapping[str, Any], on_unreadable: OnUnreadable | None = None
) -> Iterator[tuple[str, int, Any]]:
    """The elements of lists of a JSON document, each as its list's name, its number from 1, and its value.

    The value is of the type that was asked for, or else a `Raw` with the element's bytes. These are JSON as far as its
    structure goes; texts in them may still not be UTF-8.

    Args:
        kinds: the types by the lists' names, which are keys of the document's object, or ROOT when it is a list.
        on_unreadable: told, with its line, of where the document stops being JSON. Without it the elements end there,
            or with the last list that is asked for: for a first look at a document that is read again.
    """
    with open_document(path) as file:
        document = _Document(file, kinds)
        numbers = dict.fromkeys(kinds, 0)
        unseen = set(kinds)
        try:
            for name, run in document.lists():
                unseen.discard(name)
                if name in numbers:
                    for number, element in enumerate(run, start=numbers[name] + 1):
                        yield name, number, element
                    numbers[name] += len(run)
                elif not unseen and on_unreadable is None:
                    return
        except _NotJsonError as error:
            if on_unreadable is not None:
                text = _("not valid JSON ({reason}); was the file cut off?").format(reason=error)
                on_unreadable(path, document.line_of(error.offset), text)
        except MalformedError as error:
            if on_unreadable is not None:
                on_unreadable(path, 0, str(error))


def has_list(path: Path, name: str) -> bool:
    """Whether a JSON document is an object with that list in it, before anything that is not JSON."""
    return (name, "[") in first_keys(path)


def first_keys(path: Path) -> Iterator[tuple[str, str]]:
    """The keys of the object with which a document begins, each with the first character of its value.

    They end where the object does, or where it stops being JSON; there are none where the document is no object.
    """
    with open_document(path) as file:
        try:
            yield from _Document(file, {}).outline()
        except (_NotJsonError, MalformedError):
            return


def value_of(path: Path, name: str) -> bytes | None:
    """The bytes of a value in the object that a document is, which is no list; None where there is none."""
    with open_document(path) as file:
        document = _Document(file, {})
        try:
            for key, first in document.outline():
                if key == name and first != "[":
                    return document.first_value()
        except (_NotJsonError, MalformedError):
            return None
    return None


class _NotJsonError(Exception):
    """Why, and after how many of the bytes at hand."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


class _Document:
    """A document being read: the bytes at hand, and how many went before them."""

    def __init__(self, file: BinaryIO, kinds: Mapping[str, Any]) -> None:
        self._file = file
        self._decoders: dict[str, tuple[Decoder[Any], Decoder[Any]]] = {
            name: (Decoder(list[kind]), Decoder(kind))  # type: ignore[valid-type]
            for name, kind in kinds.items()
        }
        self._at_hand = b""
        self._before = file.tell()

    def line_of(self, offset: int) -> int:
        """The line of a byte of those at hand; the document cannot be read on after that."""
        left, line = self._before + offset, 1
        self._file.seek(0)
        while block := self._file.read(min(left, _BLOCK)):
            line += block.count(b"\n")
            left -= len(block)
        return line

    def lists(self) -> Iterator[tuple[str, list[Any]]]:
        """The document's lists in their order: for each its name with an empty run, then with run after run."""
        match self._next():
            case b"[":
                yield from self._list(ROOT)
            case b"{":
                yield from self._object()
            case _:
                raise _NotJsonError(_("neither an object nor a list"), 0)
        if self._next():
            raise _NotJsonError(_("trailing characters"), 0)

    def outline(self) -> Iterator[tuple[str, str]]:
        """See `first_keys`."""
        if self._next() != b"{":
            return
        self._drop(1)
        while self._next() != b"}":
            name = self._key()
            first = self._next()
            yield name, first.decode("ascii", "replace")
            if first == b"[":
                for _run in self._list(name):
                    pass
            else:
                self._drop(self._whole(name, [], single=True)[0])
            if self._separator(b"}"):
                return

    def first_value(self) -> bytes:
        """The value that the bytes at hand begin with, which stays there."""
        (value,) = self._whole(ROOT, [], single=True)[1]
        return bytes(value)

    def _object(self) -> Iterator[tuple[str, list[Any]]]:
        self._drop(1)
        if self._next() == b"}":
            self._drop(1)
            return
        while True:
            name = self._key()
            if self._next() == b"[":
                yield from self._list(name)
            else:
                self._drop(self._whole(name, [], single=True)[0])
            if self._separator(b"}"):
                return
            self._next()

    def _list(self, name: str) -> Iterator[tuple[str, list[Any]]]:
        self._drop(1)
        endings: list[FindEnding] = [alike, balanced, bracketed]
        yield name, []
        if self._next() == b"]":
            self._drop(1)
            return
        while True:
            end, run = self._whole(name, endings)
            yield name, run
            self._drop(end)
            if self._separator(b"]"):
                return
            self._next()

    def _whole(self, name: str, endings: list[FindEnding], *, single: bool = False) -> tuple[int, list[Any]]:
        """The length of the whole elements at hand, at least one, and these; of the first value with `single`.

        Args:
            endings: quick ways to find where an element ends; one that misleads is not tried again.
        """
        if self._at_hand[:1] in (b"]", b"}", b","):
            raise _NotJsonError(_("a value was expected"), 0)
        if len(self._at_hand) < _BLOCK:  # what the last run left: the beginning of an element
            self._more()
        while True:
            for ending in tuple(endings):
                if end := ending(self._at_hand):
                    try:
                        return end, self._decoded(name, end)
                    except (_NotJsonError, MalformedError):
                        endings[:] = [balanced, bracketed]  # not where an element ends, or not JSON
            if end := searched(self._at_hand, single=single):
                return end, self._decoded(name, end)
            if len(self._at_hand) > _LONGEST:
                raise MalformedError(
                    _("an element of it is longer than {size} MB: not annotations").format(size=_LONGEST >> 20)
                )
            if not self._more():
                self._decoded(name, len(self._at_hand))
                raise _NotJsonError(_("it ends too early"), len(self._at_hand))

    def _decoded(self, name: str, end: int) -> list[Any]:
        text = b"".join((b"[", memoryview(self._at_hand)[:end], b"]"))
        of_run, of_one = self._decoders.get(name, (_ANY, None))
        run: list[Any] | None = decoded(of_run, text)
        if run is not None:
            return run
        try:
            return [(of_one and decoded(of_one, element)) or element for element in _ANY.decode(text)]
        except RecursionError:
            raise MalformedError(_("its lists and objects are nested too deep: not annotations")) from None
        except DecodeError as error:
            if (named := list_with_constants(text)) is not None:
                return named
            reason = str(error)
            place = _POSITION.search(reason)
            offset = int(place[1]) - 1 if place else end
            raise _NotJsonError(_POSITION.sub("", reason), offset) from error

    def _key(self) -> str:
        while (found := _KEY.match(without_escapes(self._at_hand))) is None:
            if self._next() != b'"' or len(self._at_hand) > _LONGEST or not self._more():
                raise _NotJsonError(_("a key was expected"), 0)
        try:
            name: str = orjson.loads(self._at_hand[: found.end(1)])
        except orjson.JSONDecodeError as error:
            raise _NotJsonError(error.msg, 0) from error
        self._drop(found.end())
        return name

    def _separator(self, closing: bytes) -> bool:
        """Takes a comma or what closes the list or object; whether it was the latter."""
        found = self._next()
        if found not in (b",", closing):
            raise _NotJsonError(
                _("expected , or {closing}").format(closing=closing.decode()), 0 if found else len(self._at_hand)
            )
        self._drop(1)
        return found == closing

    def _next(self) -> bytes:
        """The next byte that is not white space, which is dropped; none at the end."""
        while True:
            space = _SPACE.match(self._at_hand)
            self._drop(space.end() if space else 0)
            if self._at_hand or not self._more():
                return self._at_hand[:1]

    def _more(self) -> bool:
        # As much again, so that an element of many blocks is not searched for each of them.
        block = self._file.read(max(_BLOCK, len(self._at_hand)))
        self._at_hand += block
        return bool(block)

    def _drop(self, count: int) -> None:
        if count:
            self._before += count
            self._at_hand = self._at_hand[count:]
