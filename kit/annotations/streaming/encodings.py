"""Documents as people keep them, read as UTF-8: with a byte order mark, in UTF-16, packed by gzip."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from kit.errors import InputError
from kit.language import _

_BLOCK = 128 * 1024
_GZIP = b"\x1f\x8b"
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def open_plain(path: Path) -> BinaryIO:
    """The bytes of a document in UTF-8, without a byte order mark; it can be rewound to its beginning.

    Raises:
        InputError: it cannot be read; while reading: it is damaged where it is packed or recoded.
    """
    file = open_raw(path)
    head = file.read(3)
    if head.startswith(_GZIP):
        return _recoded(file, lambda: _unpacked(path, file))
    if coding := _UTF_16.get(head[:2]):
        return _recoded(file, lambda: _from_utf_16(path, _blocks(file), coding))
    if head != codecs.BOM_UTF8:
        file.seek(0)
    return file


def open_raw(path: Path) -> BinaryIO:
    """The bytes of a document as they are.

    Raises:
        InputError: it cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(_("{path}: cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
    if not file.seekable():
        file.close()
        raise InputError(
            _("{path}: a pipe, and what is in it is read more than once; write it to a file first.").format(path=path)
        )
    return file


def _recoded(file: BinaryIO, chunks: Callable[[], Iterator[bytes]]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Recoded(file, chunks), _BLOCK))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(_BLOCK), b"")


def _unpacked(path: Path, file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as packed:
        first = _read(path, packed)
        rest = iter(lambda: _read(path, packed), b"")
        if coding := _UTF_16.get(first[:2]):
            yield from _from_utf_16(path, _chained(first, rest), coding)
            return
        yield from _chained(first.removeprefix(codecs.BOM_UTF8), rest)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _read(path: Path, packed: gzip.GzipFile) -> bytes:
    try:
        return packed.read(_BLOCK)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            _("{path}: cannot be unpacked ({error}); was the file cut off?").format(path=path, error=error)
        ) from error


def _from_utf_16(path: Path, blocks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(coding)()
    try:
        yield decoder.decode(next(blocks, b"")).removeprefix("\ufeff").encode()
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise InputError(_("{path}: not valid UTF-16 ({error})").format(path=path, error=error)) from error


class _Recoded(io.RawIOBase):
    """A file of chunks that are made on the way."""

    def __init__(self, file: BinaryIO, chunks: Callable[[], Iterator[bytes]]) -> None:
        self._file, self._start = file, chunks
        self._chunks, self._left, self._position = chunks(), b"", 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) == (0, io.SEEK_SET):
            self._chunks, self._left, self._position = self._start(), b"", 0
        elif (offset, whence) != (0, io.SEEK_CUR):
            raise io.UnsupportedOperation("only to the beginning")
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        self._position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
