"""What `make help` prints: the targets of the Makefile, and the settings; standard library only, for want of more yet.

A group of targets begins with a line `##@ English  ##@ Japanese`; what a target is for stands behind its name,
`target: …  ## English  ## Japanese`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator

from kit.language import _, language
from kit.line_breaks import broken, is_japanese
from kit.repository import ROOT
from kit.setting_names import TRACKS, declared

_GROUP = re.compile(r"##@ (.*?)  ##@ (.*)")
# The column of the texts.
_TEXT_BEGINS = 21
_TARGET = re.compile(r"([a-z-]+):.*?  ## (.*?)  ## (.*)")


def targets(makefile: str, japanese: bool) -> Iterator[tuple[str, str]]:
    """Each group as its title and an empty text, followed by its targets as their names and texts."""
    for line in makefile.splitlines():
        if group := _GROUP.fullmatch(line):
            yield group[2 if japanese else 1], ""
        elif target := _TARGET.fullmatch(line):
            yield target[1], target[3 if japanese else 2]


def lines(bold: str, columns: int | None = None) -> Iterator[str]:
    """Args: columns: of the terminal, where there is one."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name, text in targets(makefile, language() == "ja"):
        yield (
            f"  {bold.format(name)}{' ' * (19 - len(name))}{_beside(text, columns)}"
            if text
            else f"\n{bold.format(name)}"
        )
    listed: set[str] = set()
    titles = (
        _("Settings of `make local`, each as NAME=value:"),
        _("`make cloud` has these besides:"),
        _("`make cloud-rehearsal` has this besides:"),
        _("`make endpoint` has this besides:"),
        _("`make cloud-clean` has this besides:"),
    )
    for title, kind in zip(titles, TRACKS, strict=True):
        yield f"\n{bold.format(title)}"
        for name, (text, default) in declared(kind).items():
            if name not in listed:
                known = _(" (default: {value})").format(value=default) if default else ""
                yield f"  {name.upper():18} {_beside(_(text) + known, columns)}"
        listed.update(declared(kind))


def _beside(text: str, columns: int | None) -> str:
    """The text in the column beside a name, broken where Japanese may be; other languages are left to the terminal."""
    if columns is None or not is_japanese(text) or columns < 2 * _TEXT_BEGINS:
        return text
    return broken(text, columns - _TEXT_BEGINS).replace("\n", "\n" + " " * _TEXT_BEGINS)


if __name__ == "__main__":
    is_bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print("\n".join(lines("\033[1m{}\033[0m" if is_bold else "{}", columns)))
