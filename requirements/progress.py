"""Tells what is being made while it is: one live line on a terminal, elsewhere a plain line now and then."""

from __future__ import annotations

import shutil
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

LIVE_SECONDS = 0.25
PLAIN_SECONDS = 10.0


class Progress:
    """Tells for as long as the block lasts, from several threads.

    Args:
        stream: a terminal, a pipe or a file.
        plain_seconds: how often a stream that is no terminal gets a line.
    """

    def __init__(self, stream: TextIO = sys.stdout, plain_seconds: float = PLAIN_SECONDS) -> None:
        self._stream = stream
        self._shown: list[object] = []
        self._live = stream.isatty()
        self._seconds = LIVE_SECONDS if self._live else plain_seconds
        self._ended = threading.Event()
        self._printing = threading.Lock()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @contextmanager
    def showing(self, work: object) -> Iterator[None]:
        """Shows, for as long as the block lasts, what `work` is as a string at each moment."""
        self._shown.append(work)
        try:
            yield
        finally:
            self._shown.remove(work)

    def say(self, line: str) -> None:
        """Prints a line that stays."""
        with self._printing:
            self._clear()
            print(line, file=self._stream, flush=True)

    def _tell(self) -> None:
        while not self._ended.wait(self._seconds):
            if not (text := "; ".join(str(work) for work in [*self._shown])):
                continue
            with self._printing:
                self._clear()
                if self._live:
                    text = shortened(text, shutil.get_terminal_size().columns - 1)
                print(text, end="" if self._live else "\n", file=self._stream, flush=True)
        with self._printing:
            self._clear()

    def _clear(self) -> None:
        if self._live:
            # Back to the line's beginning, and empty to its end.
            print("\r\033[K", end="", file=self._stream, flush=True)


def shortened(text: str, columns: int) -> str:
    """As much of the text as fits into so many columns of a terminal; an East Asian character takes two."""
    width = 0
    for index, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > columns:
            return text[:index]
    return text
