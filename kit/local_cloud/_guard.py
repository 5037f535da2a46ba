"""Runs one command and makes sure that it does not outlive the kit.

`python _guard.py GRACE_SECONDS RECORD COMMAND...` starts COMMAND in a session of its own and holds its standard input,
a pipe whose other end the kit keeps. When that end closes, because the kit has ended or was killed, however hard, or
sends a `.`, the whole process group of COMMAND gets SIGTERM and, after the grace time, SIGKILL; at a `!` SIGKILL at
once. The exit status is COMMAND's (128 + signal number when a signal ended it). RECORD is a file that says which
process COMMAND is, as long as it runs: should this one be killed, the next kit ends it by that. Standard library only,
and no import of the kit: it has to start fast.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path


def main() -> int:
    grace, record = float(sys.argv[1]), Path(sys.argv[2])
    # Ctrl-C on the terminal is for the kit, which then asks for the end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, asks = os.pipe()
    # Somebody who ends the guard means the command; the guard then waits for it as ever.
    signal.signal(signal.SIGTERM, lambda *_: os.write(asks, b"."))
    child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, start_new_session=True)
    processes = (os.getpid(), child.pid)
    record.write_text(" ".join(f"{process} {started(process)}" for process in processes), encoding="ascii")

    def end() -> None:
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
        _signal_group(child.pid, signal.SIGKILL)

    def listen() -> None:
        ending, sources = False, [0, asked]
        while sources:
            for source in select.select(sources, [], [])[0]:
                said = os.read(source, 4096)
                if not said:
                    sources.remove(source)
                if b"!" in said:
                    _signal_group(child.pid, signal.SIGKILL)
                elif not ending:
                    ending = True
                    threading.Thread(target=end, daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    status = child.wait()
    # Workers that the command left behind in its group go with it.
    _signal_group(child.pid, signal.SIGKILL)
    record.unlink(missing_ok=True)
    return status if status >= 0 else 128 - status


def started(process: int) -> str:
    """When a process was started, in Linux' clock ticks since the machine was; elsewhere, and for none, ""."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name, in parentheses, which may hold anything.
    return told.rpartition(")")[2].split()[19]


def _signal_group(group: int, number: signal.Signals) -> None:
    # The group is gone already when everything in it has ended.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main())
