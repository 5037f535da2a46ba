"""The fuzz suite finds what it is for: it could otherwise find nothing for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import fuzzing
from tests.fuzz.fuzzing import Reader, tried


def takes_memory(_data: bytes, _folder: Path) -> None:
    bytearray(b"x" * 300_000_000)


def never_ends(_data: bytes, _folder: Path) -> None:
    while True:
        pass


def is_mistaken(_data: bytes, _folder: Path) -> None:
    raise ZeroDivisionError("a mistake")


def gives_up(_data: bytes, _folder: Path) -> None:
    raise LookupError("in words")


@pytest.mark.parametrize(
    ("read", "problem"),
    [(takes_memory, "MB"), (never_ends, "status"), (is_mistaken, "a mistake"), (gives_up, "")],
)
def test_what_is_found(monkeypatch: pytest.MonkeyPatch, read: Callable[[bytes, Path], None], problem: str) -> None:
    monkeypatch.setattr(fuzzing, "SECONDS", 1)
    monkeypatch.setattr(fuzzing, "MEMORY_MB", 200)
    outcome = tried(Reader("test", read, (LookupError,)), b"")
    assert problem in outcome.problem
    assert bool(outcome.problem) == bool(problem)
