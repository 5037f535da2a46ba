"""click's help pages in Japanese: its letters take two columns each, and lines break between any two of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from kit.line_breaks import NO_LINE_BEGINS_WITH, NO_LINE_ENDS_WITH, WIDE

# Each stands for a wide letter's second column until the lines are broken.
_BREAKABLE, _UNBREAKABLE = " ", "\0"


class HelpPage(click.HelpFormatter):
    """click counts letters and breaks lines at spaces; to be set as `click.Context.formatter_class`."""

    def write_text(self, text: str) -> None:
        super().write_text(_filled(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(term, _filled(text)) for term, text in rows], col_max, col_spacing)

    def write(self, string: str) -> None:
        super().write(re.sub(f"({WIDE})[{_BREAKABLE}{_UNBREAKABLE}]", r"\1", string))


def _filled(text: str) -> str:
    def fill(match: re.Match[str]) -> str:
        letter, next_letter = match.groups()
        together = letter in NO_LINE_ENDS_WITH or next_letter in NO_LINE_BEGINS_WITH
        return letter + (_UNBREAKABLE if together else _BREAKABLE)

    return re.sub(f"({WIDE})(?=(.?))", fill, text)
