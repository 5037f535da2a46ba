"""The one place that starts processes of this machine: guarded, logged, waited for with a reason."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from kit.errors import ServiceError, SetupError
from kit.language import _

_GUARD = Path(__file__).with_name("_guard.py")
_POLL_SECONDS = 0.1
# Longer than any grace time between SIGTERM and SIGKILL.
_PREDECESSOR_SECONDS = 40.0


class GuardedProcess:
    """A child that ends when this object is stopped or when the kit ends, even by `kill -9`.

    Args:
        name: what it is to the user, for messages ("Label Studio").
        command: the program and its arguments.
        environment: the child's whole environment; see `child_environment`.
        log: a file that collects its output; appended to. When what an earlier kit started on the same log is still
            ending, because that kit was killed, the start waits for its end.
        directory: its working directory; without it the folder of the log. Never where somebody types commands:
            Python takes modules from there before its own.
        grace_seconds: between SIGTERM and SIGKILL.

    Raises:
        SetupError: the program is not there.
        ServiceError: what an earlier kit started does not end.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        environment: Mapping[str, str],
        log: Path,
        directory: Path | None = None,
        grace_seconds: float = 10.0,
    ) -> None:
        if not Path(command[0]).exists():
            raise SetupError(
                _("{name} cannot start: {file} does not exist; run `make setup`.").format(name=name, file=command[0])
            )
        self.name = name
        self.log = log
        self._grace_seconds = grace_seconds
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            _lock(output, name)
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-I", _GUARD, str(grace_seconds), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory or log.parent,
                start_new_session=True,
            )

    def exit_status(self) -> int | None:
        """None while it runs, else the command's exit status (128 + signal number when a signal ended it)."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the command to end by itself; raises subprocess.TimeoutExpired."""
        return self._process.wait(timeout)

    def stop(self) -> None:
        """Ends the command and everything in its process group; returns when all of it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(self._grace_seconds + 10)
        except subprocess.TimeoutExpired as error:
            raise ServiceError(
                _("{name} (process {pid}) does not end; see {log} and kill it by hand.").format(
                    name=self.name, pid=self._process.pid, log=self.log
                )
            ) from error

    def output(self) -> str:
        """The output since this start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self, lines: int = 8) -> str:
        return "\n".join(self.output().splitlines()[-lines:])


def wait_for_predecessor(name: str, log: Path) -> None:
    """Returns when nothing that an earlier kit started on this log runs any more; its files may then be removed.

    Raises:
        ServiceError: it does not end.
    """
    if log.exists():
        with log.open("ab") as output:
            _lock(output, name)


def _lock(log: BinaryIO, name: str) -> None:
    # The lock goes over to the guard and the command with the log as their output, and ends with the last of them.
    deadline = time.monotonic() + _PREDECESSOR_SECONDS
    while True:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise ServiceError(
                    _(
                        "{name} of an earlier run still runs and does not end; find who has {log} open and kill it."
                    ).format(name=name, log=log.name)
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return


def child_environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its AWS settings and PYTHON* variables, with `overrides` on top.

    Nothing that runs on this machine may reach a real account by the credentials of the shell it was started from, nor
    take modules from the folder it is started in (which Python before 3.11 does all the same).
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1", "AWS_EC2_METADATA_DISABLED": "true", **overrides}


class Service(Protocol):
    """A process or a container that can be waited for."""

    @property
    def name(self) -> str: ...

    @property
    def log(self) -> Path: ...

    def exit_status(self) -> int | None: ...

    def log_tail(self, lines: int = 8) -> str: ...


def wait_until_ready(process: Service, ready: Callable[[], bool], *, timeout: float) -> None:
    """Polls `ready` until it says yes.

    Raises:
        ServiceError: the process ended or the time is up; with the last lines of its log.
    """
    deadline = time.monotonic() + timeout
    while not ready():
        status = process.exit_status()
        if status is not None:
            raise ServiceError(
                _with_log(
                    process,
                    _("{name} ended with status {status} before it was ready").format(name=process.name, status=status),
                )
            )
        if time.monotonic() > deadline:
            raise ServiceError(
                _with_log(
                    process, _("{name} was not ready after {seconds:.0f} s").format(name=process.name, seconds=timeout)
                )
            )
        time.sleep(_POLL_SECONDS)


def _with_log(process: Service, problem: str) -> str:
    return _("{problem}; its log {log} ends with:").format(problem=problem, log=process.log) + f"\n{process.log_tail()}"


def choose_port(wanted: int | None, *, setting: str) -> int:
    """A TCP port of 127.0.0.1 to serve on: `wanted` when given, else one that is free now.

    Raises:
        SetupError: the wanted port is taken; names the `setting` that asked for it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise SetupError(
                _("Port {port} of 127.0.0.1 is taken ({reason}); free it or set {setting} to another one.").format(
                    port=wanted, reason=error.strerror, setting=setting
                )
            ) from error
        return int(probe.getsockname()[1])
