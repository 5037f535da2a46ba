"""Output while the kit works: progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import rich.console
import rich.containers
import rich.progress
import rich.table
import rich.text

from kit import stopping
from kit.language import _, harmless
from kit.line_breaks import broken, is_japanese, offsets

# Elsewhere than on a terminal a line is printed whenever another such part of the work is done.
_PLAIN_LINES = 5
_LOOK_SECONDS = 0.1


class Advance(Protocol):
    """Says how far the work is; `note` is shown beside the numbers."""

    def __call__(self, completed: int, note: str = "") -> None: ...


class Console:
    """Prints to standard output; one for a whole command.

    Args:
        mark: begins every line outside tables and progress bars: that this is a rehearsal, say.
        beside: to print to standard error, where standard output is for scripts.
    """

    def __init__(self, mark: str = "", *, beside: bool = False) -> None:
        self._mark = mark
        self._rich = _JapaneseConsole(highlight=False, soft_wrap=True, stderr=beside)
        if not self._rich.is_terminal:
            # Nothing there has a width that cells of tables would have to be broken for.
            self._rich.width = 200

    @property
    def is_terminal(self) -> bool:
        return self._rich.is_terminal

    def say(self, text: str = "") -> None:
        stopping.look()
        self._rich.print(self._marked(text), markup=False)

    def heading(self, text: str) -> None:
        self._rich.print(self._marked(text), markup=False, style="bold")

    def _marked(self, text: str) -> str:
        marked = "\n".join(self._mark + line for line in harmless(text, keep="\n\t").split("\n"))
        return broken(marked, self._rich.width) if self._rich.is_terminal and is_japanese(marked) else marked

    def table(self, table: rich.table.Table) -> None:
        for column in table.columns:
            column.overflow = "fold"  # as a path that no line can hold
        self._rich.print(table, soft_wrap=False)

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can be asked."""
        return self._rich.is_terminal and sys.stdin.isatty()

    def confirms(self, question: str) -> bool:
        """Asks; anything but yes is no."""
        self._rich.print(f"{self._mark}{question} [y/N] ", markup=False, end="")
        while not select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            stopping.look()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Advance]:
        """Shows work of `total` steps, None where nobody knows how many, while the block runs."""
        if self._rich.is_terminal:
            columns = (
                rich.progress.TextColumn("  {task.description}"),
                rich.progress.BarColumn(),
                rich.progress.MofNCompleteColumn(),
                rich.progress.TimeElapsedColumn(),
                rich.progress.TextColumn("{task.fields[note]}"),
            )
            with rich.progress.Progress(*columns, console=self._rich) as bar:
                task = bar.add_task(what, total=total, note="")

                def advance(completed: int, note: str = "") -> None:
                    stopping.look()
                    bar.update(task, completed=completed, note=harmless(note))

                yield advance
        else:
            yield _PlainProgress(self, what, total)

    def enter_was_pressed(self) -> bool:
        """Whether a line is waiting on the terminal; it is taken off. Never blocks."""
        if not (sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]):
            return False
        return bool(sys.stdin.readline())


class _PlainProgress:
    def __init__(self, console: Console, what: str, total: int | None) -> None:
        self._console, self._what, self._total = console, what, total
        self._shown = 0

    def __call__(self, completed: int, note: str = "") -> None:
        stopping.look()
        if self._total is None:
            return
        part = completed * _PLAIN_LINES // max(self._total, 1)
        if part > self._shown:
            self._shown = part
            how_far = _("  {what}: {completed} of {total}").format(
                what=self._what, completed=completed, total=self._total
            )
            self._console.say(how_far + (f"  {note}" if note else ""))


class _JapaneseText(rich.text.Text):
    """Text that rich breaks at `offsets`."""

    def wrap(self, _console: rich.console.Console, width: int, **_options: object) -> rich.containers.Lines:  # type: ignore[override]
        lines = rich.containers.Lines()
        for line in self.split(allow_blank=True):
            for part in line.divide(offsets(line.plain, width)):
                part.rstrip_end(width)
                lines.append(part)
        return lines


class _JapaneseConsole(rich.console.Console):
    """A console in whose tables Japanese is broken so."""

    def render_str(self, text: str, **options: object) -> rich.text.Text:
        plain = super().render_str(text, **options)  # type: ignore[arg-type]
        if not is_japanese(text):
            return plain
        same = _JapaneseText(
            plain.plain, style=plain.style, justify=plain.justify, overflow=plain.overflow, end=plain.end
        )
        same.spans[:] = plain.spans
        return same
