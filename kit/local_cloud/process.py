"""The one place that starts processes of this machine: guarded, logged, waited for with a reason."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from kit import stopping
from kit.errors import ServiceError, SetupError
from kit.language import _
from kit.local_cloud import orphans
from kit.network import LOOPBACK

_GUARD = Path(__file__).with_name("_guard.py")
_POLL_SECONDS = 0.1
# Longer than any grace time between SIGTERM and SIGKILL.
_PREDECESSOR_SECONDS = 40.0
# What a kit that was killed, and its guard too, has left, may take so long to end by itself.
_ORPHANS_SECONDS = 10.0


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
                [sys.executable, "-I", _GUARD, str(grace_seconds), orphans.record_of(log), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory or log.parent,
                start_new_session=True,
            )
        assert self._process.stdin is not None  # noqa: S101 (the pipe that was asked for)
        self._pipe = self._process.stdin
        stopping.take_along(self._kill)

    def exit_status(self) -> int | None:
        """None while it runs, else the command's exit status (128 + signal number when a signal ended it).

        When somebody has killed its guard, which then cannot do it any more, it is ended here.
        """
        status = self._process.poll()
        if status is None or status >= 0:
            return status
        orphans.end(self.log, self._grace_seconds)
        return 128 - status

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the command to end by itself; raises subprocess.TimeoutExpired."""
        self._process.wait(timeout)
        return self.exit_status() or 0

    def stop(self) -> None:
        """Ends the command and everything in its process group; returns when all of it is gone."""
        self._tell_guard(b".")
        try:
            self.wait(self._grace_seconds + 10)
        except subprocess.TimeoutExpired as error:
            raise ServiceError(
                _("{name} (process {pid}) does not end; see {log} and kill it by hand.").format(
                    name=self.name, pid=self._process.pid, log=self.log
                )
            ) from error
        stopping.leave_out(self._kill)
        self._pipe.close()

    def _kill(self) -> None:
        self._tell_guard(b"!")

    def _tell_guard(self, what: bytes) -> None:
        if self._pipe.closed:
            return
        # It has ended, and with it all that it guarded.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe.fileno(), what)

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
            orphans.end(Path(log.name), _ORPHANS_SECONDS)
            if time.monotonic() > deadline:
                raise ServiceError(
                    _(
                        "{name} of an earlier run still runs and does not end; find who has {log} open and kill it."
                    ).format(name=name, log=log.name)
                ) from error
            stopping.pause(_POLL_SECONDS)
        else:
            return


def child_environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its AWS settings and PYTHON* variables, with `overrides` on top.

    Nothing that runs on this machine may reach a real account by the credentials of the shell it was started from, nor
    take modules from the folder it is started in (which Python before 3.11 does all the same).
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1", "AWS_EC2_METADATA_DISABLED": "true", **overrides}


def giving_way(command: Sequence[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
    """The command at the lowest priority: whatever else wants the processor goes first, where nice(1) is there."""
    nice = shutil.which("nice")
    return [*([nice, "-n", "19"] if nice else []), *command]


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
                with_log(
                    process,
                    _("{name} ended with status {status} before it was ready").format(name=process.name, status=status),
                )
            )
        if time.monotonic() > deadline:
            raise ServiceError(
                with_log(
                    process, _("{name} was not ready after {seconds:.0f} s").format(name=process.name, seconds=timeout)
                )
            )
        stopping.pause(_POLL_SECONDS)


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    stdout: int | None = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself, and returns its status and what it printed; a signal to the kit ends both.

    Args:
        environment: as `GuardedProcess`; None for this process's own.
        pass_fds: descriptors that it keeps.
        stdout: None for this process's own.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
    )
    stopping.take_along(process.kill)
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                printed, errors = process.communicate(timeout=_POLL_SECONDS)
                return subprocess.CompletedProcess(command, process.returncode, printed, errors)
            stopping.look()
            if stopping.is_in_vain():
                process.terminate()
    except BaseException:
        process.terminate()
        process.communicate()
        raise
    finally:
        stopping.leave_out(process.kill)


def with_log(process: Service, problem: str) -> str:
    """What is wrong with a service, and the last lines of its log."""
    return _("{problem}; its log {log} ends with:").format(problem=problem, log=process.log) + f"\n{process.log_tail()}"


def choose_port(wanted: int | None, *, setting: str, host: str = LOOPBACK) -> int:
    """A TCP port of an address of this machine to serve on: `wanted` when given, else one that is free now.

    Raises:
        SetupError: the wanted port is taken; names the `setting` that asked for it. The address is no one of this
            machine's.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted or 0))
        except OSError as error:
            if wanted is None:
                raise SetupError(
                    _("HOST={host} is no address of this machine ({reason}); leave it out, or say 0.0.0.0.").format(
                        host=host, reason=error.strerror
                    )
                ) from error
            raise SetupError(
                _("Port {port} of {host} is taken ({reason}); free it or set {setting} to another one.").format(
                    port=wanted, host=host, reason=error.strerror, setting=setting
                )
            ) from error
        return int(probe.getsockname()[1])
