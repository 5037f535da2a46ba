"""Readers of outside bytes, given bytes that nobody wrote: each input in a process of its own, with limits.

A reader may end well or with an error of the project's own. Anything else is a finding, and so are more memory or
processor time than any input may take.
"""

from __future__ import annotations

import os
import random
import re
import resource
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).with_name("seeds")
MEMORY_MB = 400
SECONDS = 5
_END_MB = 6000

_NUMBERS = re.compile(rb"-?\d+(?:\.\d+)?")
_HOSTILE_NUMBERS = (b"-1", b"0", b"1e999", b"9" * 5000, b"2000000000", b"18446744073709551616", b"NaN", b"0.5")
_HOSTILE_BYTES = (
    b"\0", b"\xff", b"\xff\xd8", b"\xff\xda", b"\xff\xc0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\0\0\0",
    b"\\", b'"',
    b"{", b"[", b"]", b"}", b",", b"\r\n", b"\x1b]0;x\x07", b"\xed\xa0\x80", b"null", b"true", b"{}", b"../", b"http://[",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Something that reads bytes from outside.

    Attributes:
        read: given the bytes and an empty folder.
        allowed: the errors that it may end with.
        own_mb: what a picture's own pixels may take besides `MEMORY_MB`.
        pack: makes of mutated bytes what is read, for what is packed.
        unpack: the other way, for seeds.
    """

    name: str
    read: Callable[[bytes, Path], object]
    allowed: tuple[type[BaseException], ...]
    own_mb: int = 0
    pack: Callable[[bytes], bytes] = bytes
    unpack: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class Outcome:
    """What an input came to: a finding where `problem` is not empty."""

    data: bytes
    problem: str
    seconds: float
    megabytes: float


def seeds(reader: Reader) -> list[bytes]:
    return [path.read_bytes() for path in sorted((SEEDS / reader.name).iterdir())]


def inputs(reader: Reader, seed: int) -> Iterator[bytes]:
    """The seeds, then mutations of them without end; always the same for a seed."""
    dice = random.Random(seed)
    found = seeds(reader)
    yield from found
    inner = [reader.unpack(data) for data in found]
    while True:
        if dice.random() < 0.2:  # the packing itself
            yield mutated(dice.choice(found), found, dice)
        else:
            yield reader.pack(mutated(dice.choice(inner), inner, dice))


def mutated(data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        start = dice.randrange(len(data) + 1)
        end = min(len(data), start + dice.choice((1, 1, 2, 4, 16, 100, 1000)))
        piece: bytes
        match dice.randrange(8):
            case 0:
                piece = dice.randbytes(end - start)
            case 1:
                piece = b""
            case 2:
                piece = data[start:end] * dice.choice((2, 3, 100, 1000))
            case 3:
                piece = dice.choice(_HOSTILE_BYTES)
            case 4:
                other = dice.choice(others)
                place = dice.randrange(len(other) + 1)
                piece = other[place : place + dice.choice((4, 50, 1000))]
            case 5:
                piece, end = b"", len(data)
            case 6 if numbers := list(_NUMBERS.finditer(data)):
                start, end = dice.choice(numbers).span()
                piece = dice.choice(_HOSTILE_NUMBERS)
            case _:
                end = min(len(data), start + 1)
                piece = bytes(byte ^ 1 << dice.randrange(8) for byte in data[start:end])
        data = data[:start] + piece + data[end:]
    return data[: 8 * 1024 * 1024]


def tried(reader: Reader, data: bytes) -> Outcome:
    """Reads `data` in a process of its own."""
    before = _pages()[1] * resource.getpagesize() // 1024
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        told = Path(name) / "problem"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = _read_within_limits(reader, data, Path(name), told)
            finally:
                os._exit(status)
        _pid, status, usage = os.wait4(child, 0)
        problem = told.read_text("utf-8", "backslashreplace") if told.exists() else ""
    seconds = usage.ru_utime + usage.ru_stime
    megabytes = max(0, usage.ru_maxrss - before) / 1024
    if status and not problem:
        problem = f"the process ended with status {status}"
    if megabytes > MEMORY_MB + reader.own_mb:
        problem = problem or f"{megabytes:.0f} MB"
    return Outcome(data, problem, seconds, megabytes)


def _read_within_limits(reader: Reader, data: bytes, folder: Path, told: Path) -> int:
    # Far above what is allowed: a reader that copes with memory it does not get would hide that it asked.
    most = _pages()[0] * resource.getpagesize() + _END_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    place = folder / "place"
    place.mkdir()
    try:
        reader.read(data, place)
    except reader.allowed:
        return 0
    except BaseException:  # noqa: BLE001 (whatever it is, it is the finding)
        told.write_text(traceback.format_exc(), "utf-8", "backslashreplace")
        return 1
    return 0


def _pages() -> list[int]:
    """This process's pages: all, and those in memory."""
    return [int(number) for number in Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]]


def fuzzed(reader: Reader, seed: int, *, count: int | None = None, seconds: float | None = None) -> Iterator[Outcome]:
    """Outcomes of so many inputs, or for so long."""
    end = None if seconds is None else time.monotonic() + seconds
    for number, data in enumerate(inputs(reader, seed)):
        if (count is not None and number >= count) or (end is not None and time.monotonic() > end):
            return
        yield tried(reader, data)
