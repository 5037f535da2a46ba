"""Commands that are killed at a moment: what `setup_kills.py` and `run_kills.py` share."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def start(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A command in a process group of its own; its output and its errors come by one pipe."""
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def was_killed(process: subprocess.Popen[str], seconds: float, kill: Callable[[int], None]) -> bool:
    """Whether it still ran after so many seconds; it is killed then, and has ended when this returns."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process.pid)
        process.communicate()
        return True
    return False


def kill_alone(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)
