"""What can be wrong with an annotation file, and who decides what happens then.

A reader meets a line that it cannot use and calls its `on_unreadable`. By default that is `refuse`, which stops the
reading with an `InputError`; `kit.annotations.check` passes its own, notes the problem and lets the reader go on.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kit.errors import InputError
from kit.language import _, harmless, marked


class Severity(enum.Enum):
    """An error keeps the file from being trained on as it is; a warning is something that training copes with."""

    ERROR = marked("error")
    WARNING = marked("warning")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Attributes:
        file: the annotation file.
        line: its line, or for a file that is one JSON document the number of the element in its list, from 1;
            0 when the finding is about the file as a whole.
        text: what is wrong and, where that is not plain, what to do.
    """

    severity: Severity
    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return harmless(f"{_place(self.file, self.line)}: {_(self.severity.value)}: {self.text}")


class MalformedError(Exception):
    """A value is not what its format promises. Readers catch it and tell `OnUnreadable` where it was met."""


_MOST_UNUSABLE = 10_000
_TIMES_THE_USABLE = 10

# Called with the file, the line (0: the whole file) and what is wrong; if it returns, the reader goes on with the next.
OnUnreadable = Callable[[Path, int, str], None]


def refuse(file: Path, line: int, text: str) -> None:
    """Stop at the first thing that cannot be read.

    Raises:
        InputError: always.
    """
    raise InputError(harmless(f"{_place(file, line)}: {text}"))


class Tally:
    """Stops the reading of a file of which next to nothing can be used: millions of such entries would take minutes.

    Attributes:
        usable: how many could be used so far; whoever reads counts them.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._unusable = 0
        self.usable = 0

    def unusable(self, line: int, error: object) -> None:
        """Counts one that cannot be used.

        Raises:
            InputError: there are thousands of them, and next to none of the others.
        """
        self._unusable += 1
        if self._unusable >= _MOST_UNUSABLE and self._unusable > _TIMES_THE_USABLE * self.usable:
            raise InputError(
                _(
                    "{file}: {count} entries in it cannot be used so far, and next to none can: it is damaged, or of "
                    "another kind than it seems; the latest, number {line}: {error}"
                ).format(file=self._file, count=self._unusable, line=line, error=error)
            )


def _place(file: Path, line: int) -> str:
    return f"{file}:{line}" if line else f"{file}"
