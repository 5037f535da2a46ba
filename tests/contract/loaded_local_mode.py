"""SageMaker local mode forked from a process that has loaded the SDK, which takes seconds each time.

`python loaded_local_mode.py ADDRESS MODULE ARGUMENTS…` is to its parent what `python -m MODULE ARGUMENTS…` is: input,
output, environment, folder, signals and exit status are passed on, and what runs there does not outlive it. At ADDRESS,
a Unix socket, listens `python loaded_local_mode.py ADDRESS`, which ends with its standard input.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path

_MOST_BYTES = 200_000


def pass_on(address: str, module: str, arguments: list[str]) -> int:
    signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(address)
        told = {"argv": [module, *arguments], "environment": dict(os.environ), "folder": os.fspath(Path.cwd())}
        socket.send_fds(connection, [json.dumps(told).encode()], [0, 1, 2])
        process = int(connection.recv(_MOST_BYTES))
        for number in signals:
            signal.signal(number, lambda number, _frame: os.kill(process, number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        status = int(connection.recv(_MOST_BYTES))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


class _CurrentOutput(io.TextIOBase):
    """For the SDK's loggers, which else keep the output that there is when they are loaded."""

    def write(self, text: str) -> int:
        return (sys.__stderr__ if sys.stdout is self else sys.stdout).write(text)


def listen(address: str) -> None:
    from kit.local_cloud.docker import local_mode_hosting, local_mode_session, local_mode_training  # noqa: F401

    local_mode_session.prepare_environment()
    output = _CurrentOutput()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        importlib.import_module("sagemaker.local.local_session")
    # Its children are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(address)
        listening.listen()
        while sys.stdin not in (ready := select.select([listening, sys.stdin], [], [])[0]):
            with ready[0].accept()[0] as connection:
                if os.fork() == 0:
                    _look_after(connection)


def _look_after(connection: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, files, _flags, _address = socket.recv_fds(connection, _MOST_BYTES, 3)
    process = os.fork()
    if process == 0:
        _run(connection, **json.loads(told), files=files)
    # Nobody is told where the other was killed.
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(process).encode())
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
    os._exit(0)


def _run(
    connection: socket.socket, argv: list[str], environment: dict[str, str], folder: str, files: list[int]
) -> None:
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = argv

    def end_with_the_other() -> None:
        connection.recv(1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_the_other, daemon=True).start()
    status = 1
    try:
        status = importlib.import_module(argv[0]).main()
    except Exception:  # noqa: BLE001 (Python does so with a program)
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        listen(sys.argv[1])
    else:
        sys.exit(pass_on(sys.argv[1], sys.argv[2], sys.argv[3:]))
