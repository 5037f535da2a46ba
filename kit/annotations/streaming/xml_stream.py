"""XML documents of any length, element by element. What XML can do beyond elements is refused: files are from outside.

A declaration of an entity, with which ten lines unfold into gigabytes or fetch another file, ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from kit.annotations.problems import MalformedError
from kit.annotations.streaming.encodings import open_plain
from kit.language import _

_BLOCK = 64 * 1024
_DEEPEST = 50
# Nobody's annotations of one picture have as many parts, or as long texts.
_MOST_PARTS, _LONGEST = 1_000_000, 16 * 1024 * 1024


def xml_elements(path: Path, depth: int) -> Iterator[tuple[int, Element]]:
    """The elements at a depth (0: the root) with the lines on which they begin, each as soon as it has ended.

    Raises:
        InputError: the file cannot be read.
        MalformedError: it is not XML, or not plain.
    """
    with open_plain(path) as file:
        first = file.read(_BLOCK)
        reading = _Reading(depth, _coding(first))
        for block in chain([first], _blocks(file)):
            reading.feed(block)
            yield from reading.taken()


def root_name(path: Path) -> str:
    """The name of the root of a document; empty where it is no XML.

    Raises:
        InputError: the file cannot be read.
    """
    found: list[str] = []
    with open_plain(path) as file:
        block = file.read(_BLOCK)
    parser = expat.ParserCreate(_coding(block))
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    parser.EntityDeclHandler = lambda *_declared: found.append("")
    try:
        parser.Parse(block, False)
    except (expat.ExpatError, LookupError, ValueError):
        return found[0] if found else ""  # it begins as XML, and its reader says what is wrong
    return found[0] if found else ""


def _coding(beginning: bytes) -> str | None:
    """UTF-8 for a document that says it is UTF-16, in letters of one byte: it was recoded when it was opened."""
    declared = beginning[: beginning.find(b">") + 1].lower()
    return "utf-8" if declared.startswith(b"<?xml") and b"utf-16" in declared else None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    yield from iter(lambda: file.read(_BLOCK), b"")
    yield b""


class _Reading:
    """A document on its way through the parser."""

    def __init__(self, depth: int, coding: str | None) -> None:
        self._wanted, self._depth, self._parts, self._length = depth, 0, 0, 0
        self._line = 0
        self._builder: TreeBuilder | None = None
        self._whole: list[tuple[int, Element]] = []
        self._parser = expat.ParserCreate(coding)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._refuse

    def feed(self, block: bytes) -> None:
        try:
            self._parser.Parse(block, not block)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise MalformedError(_("not valid XML ({reason}); was the file cut off?").format(reason=error)) from error

    def taken(self) -> Iterator[tuple[int, Element]]:
        whole, self._whole = self._whole, []
        return iter(whole)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == self._wanted:
            self._builder, self._parts, self._length = TreeBuilder(), 0, 0
            self._line = self._parser.CurrentLineNumber
        self._depth += 1
        self._parts += 1
        if self._depth > _DEEPEST or self._parts > _MOST_PARTS:
            raise MalformedError(_("its elements are nested too deep, or too many: not annotations"))
        if self._builder is not None:
            self._builder.start(name, attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._builder is not None:
            self._builder.end(name)
            if self._depth == self._wanted:
                self._whole.append((self._line, self._builder.close()))
                self._builder = None

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST:
            raise MalformedError(
                _("a text in it is longer than {size} MB: not annotations").format(size=_LONGEST >> 20)
            )
        if self._builder is not None:
            self._builder.data(text)

    def _refuse(self, name: str, *_rest: object) -> None:
        raise MalformedError(_("it declares the entity {name}, which is not read").format(name=name))
