"""Japanese on a narrow terminal, as it is to be read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from kit.line_breaks import broken

SENTENCE = "35 枚のうち 12 枚（ml.g4dn.xlarge）を、19 分で学習しました。`make cloud-clean` で「バケット」も消せます。"
PROGRAM = """
import rich.table
from kit.console import Console
console = Console()
console.say({sentence!r})
table = rich.table.Table("作るもの", "すること")
table.add_row({sentence!r}, {sentence!r})
console.table(table)
"""


@pytest.mark.parametrize("columns", range(18, 80))
def test_no_line_begins_with_punctuation_or_parts_a_number_from_its_counter(columns: int) -> None:
    lines = broken(SENTENCE, columns).split("\n")
    assert [line for line in lines if line[0] in "、。）」ッ" or line[-1] in "（「" or re.search(r"\d\s*$", line)] == []
    assert [line for line in lines if cell_len(line) > columns] == []
    assert "".join(lines).replace(" ", "") == SENTENCE.replace(" ", "")


def test_what_no_line_can_hold_is_left_to_the_terminal_so_that_it_can_be_copied() -> None:
    address = "http://127.0.0.1:8080/user/login/?next=%2Fprojects%2F1%2Fdata"
    assert broken(f"ここで付けます：{address}", 30).split("\n") == ["ここで付けます：", address]


def test_lines_that_fit_and_those_of_other_languages_stay_as_they_are() -> None:
    assert broken("  {}\n  次の行".format("終わりました。"), 40) == "  終わりました。\n  次の行"


@pytest.mark.parametrize("columns", [40, 53, 66])
def test_sentences_and_tables_on_a_narrow_terminal(columns: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    subprocess.run(
        [sys.executable, "-c", PROGRAM.format(sentence=SENTENCE)],
        cwd=Path(__file__).parents[2],
        env={**variables, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said).replace("\r", "").splitlines()
    assert [line for line in lines if cell_len(line) > columns] == []
    parts = [part.strip() for line in lines for part in line.split("│") if part.strip() and not set(line) & set("┏┡└")]
    assert len(parts) > 10
    assert [part for part in parts if part[0] in "、。）」" or part[-1] in "（「" or re.search(r"\d$", part)] == []


@pytest.mark.parametrize("columns", [50, 70, 100])
def test_the_list_of_targets_and_settings_on_a_narrow_terminal(columns: int) -> None:
    listed = subprocess.run(
        [sys.executable, "-c", f"from kit import make_help; print('\\n'.join(make_help.lines('{{}}', {columns})))"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "LANG_UI": "ja"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [line for line in listed.splitlines() if line.startswith(" ")]
    assert len(lines) > 60
    # A word that no line can hold is left to the terminal.
    assert [line for line in lines if cell_len(line) > columns and len(line[21:].split()) > 1] == []
    beside = [line[21:].strip() for line in lines]
    assert [text for text in beside if text and (text[0] in "、。）」" or text[-1] in "（「")] == []
