"""Commands whose guard was killed: who they are, from the guard's record, and their end.

The record lies beside the log of the command and holds four words: the guard's process and the command's, each with the
moment it was started (see `_guard.started`), so that nobody else is taken for it who has got its number since.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import BinaryIO

from kit.local_cloud._guard import started

_POLL_SECONDS = 0.05


def record_of(log: Path) -> Path:
    """The file in which the guard of what writes to `log` says which process that is."""
    return log.with_name(f"{log.name}.process")


def end(log: Path, grace_seconds: float) -> None:
    """Ends the group of a command that has no guard any more; does nothing where there is none.

    Args:
        log: that the command writes to. The caller has seen that somebody has it open.
        grace_seconds: between SIGTERM and SIGKILL.
    """
    record = record_of(log)
    try:
        words = record.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return
    if len(words) != 4:  # written at this moment, or where no system tells when a process was started
        return
    guard, guard_started, command, command_started = words
    if started(int(guard)) == guard_started or started(int(command)) not in (command_started, ""):
        return
    deadline = time.monotonic() + grace_seconds
    with log.open("ab") as file:
        while _is_open_elsewhere(file) and time.monotonic() < deadline + grace_seconds:
            # Nobody else can get a number that is still a group's.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(command), signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
    record.unlink(missing_ok=True)


def _is_open_elsewhere(log: BinaryIO) -> bool:
    """Whether those who write to it, from the kit that started them on, still hold its lock."""
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
