"""XML documents of any length, element by element. What XML can do beyond elements is refused: files are from outside.

A declaration of an entity, with which ten lines unfold into gigabytes or fetch another file, ends the reading.
"""

from __future__ import annotations

import codecs
import re
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
_DECLARED = re.compile(rb"<\?xml[^>]*\sencoding\s*=\s*[\"']([\w.:-]+)")
_EAST_ASIAN = ("gb", "big5", "shift", "sjis", "cp932", "windows-31j", "ms932", "euc", "iso-2022", "ks_c", "hz")
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
        coding = _coding(first)
        reading = _Reading(depth, coding and "utf-8")
        for block in _recoded(chain([first], _blocks(file)), coding):
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
    coding = _coding(block)
    parser = expat.ParserCreate(coding and "utf-8")
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    parser.EntityDeclHandler = lambda *_declared: found.append("")
    try:
        parser.Parse(next(_recoded(iter([block]), coding)), False)
    except (expat.ExpatError, LookupError, ValueError, MalformedError):
        return found[0] if found else ""  # it begins as XML, and its reader says what is wrong
    return found[0] if found else ""


def _coding(beginning: bytes) -> str | None:
    """The encoding of a document where it is not what the parser would take it for.

    UTF-8 for one that says it is UTF-16, in letters of one byte: it was recoded when it was opened. Those of East Asia
    as they are declared, which the parser does not know.
    """
    declared = _DECLARED.match(beginning)
    name = declared[1].decode().lower() if declared else ""
    if name.startswith("utf-16"):
        return "utf-8"
    return name if name.startswith(_EAST_ASIAN) else None


def _recoded(blocks: Iterator[bytes], coding: str | None) -> Iterator[bytes]:
    """The blocks in UTF-8, of which the last is empty.

    Raises:
        MalformedError: they are not in that encoding, or nobody knows it.
    """
    if coding in (None, "utf-8"):
        yield from blocks
        return
    try:
        decoder = codecs.getincrementaldecoder(str(coding))()
        yield from (decoder.decode(block, final=not block).encode() for block in blocks)
    except (UnicodeError, LookupError) as error:
        raise MalformedError(_("not valid XML ({reason}); was the file cut off?").format(reason=error)) from error


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
