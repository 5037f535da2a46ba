"""Running `kit` as its users do: as a command of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

KIT = Path(sys.executable).with_name("kit")
FEW_SAMPLES = Path(__file__).with_name("few_samples.py")
# Far above what any step takes on a slow machine; a test that waits for something fails here, not by itself.
PATIENCE_SECONDS = 480


def kit(*arguments: str, folder: Path, few_samples: bool = False, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; runs are kept under `folder`/runs, in processes unless `runtime` says otherwise.

    Args:
        few_samples: the kit is one that has few, in `folder`/samples.
    """
    return subprocess.run(
        [*_program(folder, few_samples), *arguments],
        cwd=folder,
        env=environment(folder, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_SECONDS,
        check=False,
    )


def start(*arguments: str, folder: Path, few_samples: bool = False, **settings: str) -> subprocess.Popen[str]:
    """Starts a command in a process group of its own; as `kit` has it."""
    with (folder / "output.txt").open("a") as output:
        return subprocess.Popen(
            [*_program(folder, few_samples), *arguments],
            cwd=folder,
            env=environment(folder, settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,
        )


def _program(folder: Path, few_samples: bool) -> list[str | Path]:
    return [sys.executable, FEW_SAMPLES, folder / "samples"] if few_samples else [KIT]


def hear_signals() -> None:
    """Also where the tests run in the background, which ignores Ctrl-C, or under nohup, which ignores SIGHUP."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    ours = {"runtime": "process", "browser": "0", "runs": str(folder / "runs"), **settings}
    return {**kept, **{f"KIT_{name.upper()}": value for name, value in ours.items()}}


def latest(folder: Path) -> Path:
    return (folder / "runs" / "latest").resolve()


def journal(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((latest(folder) / "journal.json").read_text())
    return content


def summary(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((latest(folder) / "summary.json").read_text())
    return content


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """Looks until something true is there, and returns it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        began = time.monotonic()
        if found := look():
            return found
        now = time.monotonic()
        assert now < deadline, f"waited in vain for {what}"
        # What is waited for shall have the processors, also where a look goes through all processes.
        time.sleep(max(0.005, 4 * (now - began)))


def processes_of(folder: Path) -> list[str]:
    """Command lines of the running processes that name a path under `folder` in their arguments or environment."""
    return list(_command_lines(os.fsencode(folder)))


def _command_lines(needle: bytes) -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes()
            variables = (process / "environ").read_bytes()
        except OSError:  # it has ended, or is another user's
            continue
        if command and (needle in command or needle in variables):
            yield command.replace(b"\0", b" ").decode(errors="replace")
