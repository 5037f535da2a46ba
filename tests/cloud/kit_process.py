"""`kit` as a process of its own that can be killed at a chosen moment, forked from one that has loaded the SDKs."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import cli
from kit.run.journal import Journal

_PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Ended:
    """How a command ended: `status` is negative for a signal; `said` is standard output and error together."""

    status: int
    said: str


@dataclass(frozen=True)
class Stop:
    """A signal that the process gets once so many effects have been recorded in the ledger and done, before anything
    further is recorded; `before_the_request`: once so many are recorded, of which the last is not asked for yet."""

    after: int
    signal: int = signal.SIGKILL
    before_the_request: bool = False


@dataclass(frozen=True)
class Running:
    """A command that has not been waited for."""

    process: multiprocessing.process.BaseProcess
    output: Path

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def ended(self) -> Ended:
        self.process.join(_PATIENCE_SECONDS)
        assert self.process.exitcode is not None, self.said()
        return Ended(self.process.exitcode, self.said())


def run(folder: Path, url: str, *arguments: str, stop: Stop | None = None, **settings: str) -> Ended:
    """Runs `kit <arguments>` against a double to its end; see `start`."""
    return start(folder, url, *arguments, stop=stop, **settings).ended()


def start(folder: Path, url: str, *arguments: str, stop: Stop | None = None, **settings: str) -> Running:
    """Starts `kit <arguments>` against a double.

    Args:
        folder: runs are kept in `runs` below it.
        stop: at which moment it is stopped, and how.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.cloud.loaded"])
    output = folder / "output.txt"
    process = context.Process(target=_main, args=(folder, url, arguments, stop, settings, output))
    process.start()
    return Running(process, output)


def _main(
    folder: Path, url: str, arguments: tuple[str, ...], stop: Stop | None, settings: dict[str, str], output: Path
) -> None:
    from kit.tracks.rehearsal import environment_for

    for name in [name for name in os.environ if name.startswith(("AWS_", "KIT_"))]:
        del os.environ[name]
    os.environ.update(environment_for(url) | {"KIT_RUNS": str(folder / "runs"), "COLUMNS": "200"})
    os.environ.update({f"KIT_{name.upper()}": value for name, value in settings.items()})
    os.chdir(folder)
    sys.argv = ["kit", *arguments]
    # Ctrl-C reaches it also where the tests themselves run in the background, which ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if stop is not None:
        _stop_after(stop)
    with output.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    with contextlib.suppress(BrokenPipeError):
        cli.main()


def _stop_after(stop: Stop) -> None:
    """Counts entries into the ledger; the next write of the journal after so many is where the signal comes."""
    recorded, sent, save = 0, False, Journal.save

    def entering(method: Any) -> Any:
        def enter(self: Journal, kind: str, name: str) -> None:
            nonlocal recorded
            method(self, kind, name)
            recorded += 1
            if stop.before_the_request:
                dying(self)

        return enter

    def dying(self: Journal) -> None:
        nonlocal sent
        if recorded >= stop.after and not sent:
            sent = True
            os.kill(os.getpid(), stop.signal)
        save(self)

    Journal.save = dying  # type: ignore[method-assign]
    Journal.will_create = entering(Journal.will_create)  # type: ignore[method-assign]
    Journal.mark_ended = entering(Journal.mark_ended)  # type: ignore[method-assign]
