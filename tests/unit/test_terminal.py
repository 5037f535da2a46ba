"""Texts from files on the terminal: what they hold is shown, not done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.annotations.problems import Problem, Severity, refuse
from kit.console import Console
from kit.errors import InputError
from kit.language import Lines, _, harmless

TITLE = "\x1b]0;owned\x07"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TITLE, r"\x1b]0;owned\x07"),
        ("a\nError: b", r"a\nError: b"),
        ("a\r\x9b2J\x7f", r"a\r\x9b2J\x7f"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("half \udcff", r"half \udcff"),
        ("プラグ é \\n", "プラグ é \\n"),
    ],
)
def test_what_would_act_is_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert _("{what}!").format(what=text) == f"{shown}!"
    assert _("{what}!").format(what=Path(text)) == f"{shown}!"
    assert _("{what}!").format(what=InputError(text)) == f"{shown}!"


def test_lines_of_our_own_stay_lines_without_what_else_acts() -> None:
    assert _("{what}").format(what=Lines(f"its log ends with:\n{TITLE}")) == "its log ends with:\n\\x1b]0;owned\\x07"


def test_problems_are_a_line_each(tmp_path: Path) -> None:
    text = f"{TITLE}\nError: forged"
    assert str(Problem(Severity.ERROR, tmp_path, 3, text)).count("\n") == 0
    with pytest.raises(InputError) as caught:
        refuse(tmp_path / "a\nb", 3, text)
    assert harmless(str(caught.value)) == str(caught.value)


def test_the_console_says_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say(f"one\n{TITLE}")
    assert capsys.readouterr().out == "one\n\\x1b]0;owned\\x07\n"


@pytest.mark.parametrize("name", [f"{TITLE}.json", "x\nError: forged.json", "\udcff.json"])
def test_a_files_name_forges_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / os.fsencode(name).decode("utf-8", "surrogateescape")).write_bytes(b"[\x1b")
    command = [sys.executable, "-m", "kit", "check", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    assert b"\x1b" not in said
    assert sum(line.startswith(b"Error:") for line in said.splitlines()) <= 1
    assert b"mistake in the kit" not in said
