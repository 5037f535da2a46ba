"""Runs one command and makes sure that it does not outlive the kit.

`python _guard.py GRACE_SECONDS COMMAND...` starts COMMAND in a session of its own and holds its standard input, a pipe
whose other end the kit keeps. When that end closes, because the kit asks for it or because it was killed, however
hard, the whole process group of COMMAND gets SIGTERM and, after the grace time, SIGKILL. The exit status is COMMAND's
(128 + signal number when a signal ended it). Standard library only, and no import of the kit: it has to start fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    grace = float(sys.argv[1])
    # Ctrl-C on the terminal is for the kit, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, start_new_session=True)

    def end() -> None:
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
        _signal_group(child.pid, signal.SIGKILL)

    def end_with_the_kit() -> None:
        while os.read(0, 4096):
            continue
        end()

    # Somebody who ends the guard means the command; the guard then waits for it as ever.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, daemon=True).start())
    threading.Thread(target=end_with_the_kit, daemon=True).start()
    status = child.wait()
    # Workers that the command left behind in its group go with it.
    _signal_group(child.pid, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _signal_group(group: int, number: signal.Signals) -> None:
    # The group is gone already when everything in it has ended.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main())
