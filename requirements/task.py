"""One environment being made: its log, what it is at, and the commands that make it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kit import stopping
from kit.language import _

ROOT = Path(__file__).resolve().parent.parent
# As pip and uv print them.
_DISK_FULL = "No space left on device"
_NETWORK = (
    "NewConnectionError", "NameResolutionError", "Network is unreachable", "ConnectTimeoutError", "ReadTimeoutError",
    "ProxyError", "Temporary failure in name resolution", "Failed to fetch", "error sending request",
)  # fmt: skip
_MISSING = ("No matching distribution found", "No solution found")
_OTHER_HASH = ("DO NOT MATCH THE HASHES", "Hash mismatch")

# What is shown of a command's last line.
_LINE_LENGTH = 60
_POLL_SECONDS = 0.05


class InstallError(Exception):
    """One sentence for the user."""


class UnreachableError(InstallError):
    """No package index answers."""


class MissingError(InstallError):
    """No index that is asked has the package in that version, or none answers."""


@dataclass
class Task:
    """What makes one environment.

    Attributes:
        name: of the environment.
        log: what the commands print, kept when one has failed.
        lock: file descriptor of the lock, if any, that says that somebody makes this environment. Commands inherit it:
            those that outlive a killed installer keep the next one waiting.
        doing: the present step, for people.
    """

    name: str
    log: Path
    lock: int | None = None
    doing: str = ""
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        seconds = f"{time.monotonic() - self.started:.0f} s"
        return ": ".join(filter(None, [f"{self.name} {seconds}, {self.doing}", self._last_line()]))

    def _last_line(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return ""
        return next((line.strip()[:_LINE_LENGTH] for line in reversed(lines) if line.strip()), "")

    def run(self, *command: str | os.PathLike[str], settings: Mapping[str, str] | None = None) -> None:
        """Runs a command from the repository's root, without input.

        Args:
            settings: environment variables, besides this process's.

        Raises:
            UnreachableError, MissingError, InstallError: it has failed.
        """
        with self.log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **(settings or {})},
                pass_fds=() if self.lock is None else (self.lock,),
            )
        stopping.take_along(process.kill)
        try:
            while process.poll() is None:
                leave_if_stopped()
        finally:
            process.terminate()
            status = process.wait()
            stopping.leave_out(process.kill)
        if status != 0:
            raise self._failure([os.fspath(part) for part in command], status)

    def _failure(self, command: list[str], status: int) -> InstallError:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        if _DISK_FULL in text:
            return InstallError(
                _("the disk is full; free about 5 GB under {folder} and run the command again.").format(
                    folder=self.log.parent
                )
            )
        if line := _line_with(_OTHER_HASH, text):
            return InstallError(
                _("a file of the package index is not the one that the lock names ({line}; log: {log}).").format(
                    line=line, log=self.log
                )
            )
        if _line_with(_NETWORK, text):
            return UnreachableError(
                _("the package index cannot be reached; connect and run the command again (log: {log}).").format(
                    log=self.log
                )
            )
        if line := _line_with(_MISSING, text):
            return MissingError(
                _(
                    "the package index cannot be reached, or lacks a package ({line}); connect and run the command "
                    "again (log: {log})."
                ).format(line=line, log=self.log)
            )
        if "ensurepip" in text:
            return InstallError(
                _("Python's venv module is incomplete; install it (Debian: apt-get install python3-venv).")
            )
        tail = "\n".join(text.splitlines()[-5:])
        return InstallError(
            _("`{command} …` ended with status {status} (log: {log}):").format(
                command=" ".join(command[:6]), status=status, log=self.log
            )
            + f"\n{tail}"
        )


def leave_if_stopped() -> None:
    """Waits a moment; raises Stopped, in every thread, when a signal has come."""
    stopping.pause(_POLL_SECONDS)
    if stopping.is_in_vain():
        raise stopping.Stopped


def _line_with(signs: tuple[str, ...], text: str) -> str:
    """The last line that has one of them; "" for none."""
    return next((line.strip() for line in reversed(text.splitlines()) if any(sign in line for sign in signs)), "")
