"""The browser that opens by itself: before somebody at a desktop's terminal, and never else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from kit.browser import open_page
from kit.console import Console
open_page("http://127.0.0.1:8080/", Console(), wanted={wanted})
"""
DESKTOP = {"DISPLAY": ":0"}


def opened(folder: Path, variables: dict[str, str], *, wanted: bool = True, terminal: bool = True) -> tuple[str, str]:
    """What was said and which address a browser got, in a process with these variables alone."""
    browser, got = folder / "browser", folder / "got"
    browser.write_text(f'#!/bin/sh\necho "$1" > {got}\n')
    browser.chmod(0o755)
    ours, theirs = pty.openpty() if terminal else os.pipe()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(wanted=wanted)],
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "BROWSER": str(browser), **variables},
        stdin=theirs if terminal else subprocess.DEVNULL,
        stdout=theirs,
        timeout=60,
        check=True,
    )
    assert done.returncode == 0
    os.close(theirs)
    try:
        said = os.read(ours, 10_000).decode()
    except OSError:  # nothing was said, and nobody is at the other end any more
        said = ""
    os.close(ours)
    return said, got.read_text().strip() if got.exists() else ""


@pytest.mark.parametrize("variables", [DESKTOP, {"WAYLAND_DISPLAY": "wayland-0"}, {"WSL_DISTRO_NAME": "Debian"}])
def test_it_opens_at_a_desktop_and_says_how_to_leave_it_out(tmp_path: Path, variables: dict[str, str]) -> None:
    said, address = opened(tmp_path, variables)
    assert address == "http://127.0.0.1:8080/"
    assert "BROWSER=0" in said


@pytest.mark.parametrize(
    ("variables", "wanted", "terminal"),
    [
        ({}, True, True),  # no desktop
        (DESKTOP, False, True),  # the setting
        (DESKTOP, True, False),  # a pipe
        ({**DESKTOP, "BROWSER": "0"}, True, True),
        ({**DESKTOP, "CI": "true"}, True, True),
        ({**DESKTOP, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}, True, True),
    ],
    ids=["no desktop", "BROWSER=0 to make", "a pipe", "BROWSER=0 in the environment", "CI", "over SSH"],
)
def test_it_does_not_where_nobody_would_see_it(
    tmp_path: Path, variables: dict[str, str], wanted: bool, terminal: bool
) -> None:
    assert opened(tmp_path, variables, wanted=wanted, terminal=terminal) == ("", "")


def test_a_browser_of_the_terminal_does_not_take_the_run_s_place(tmp_path: Path) -> None:
    lynx = tmp_path / "lynx"
    lynx.write_text(f"#!/bin/sh\necho > {tmp_path}/got\n")
    lynx.chmod(0o755)
    assert opened(tmp_path, {**DESKTOP, "BROWSER": "", "PATH": str(tmp_path)}) == ("", "")
