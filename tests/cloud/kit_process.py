"""`kit` as a process of its own that can be killed at a chosen moment, forked from one that has loaded the SDKs."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import types
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.endpoint

from kit import cli, stopping
from kit.resources import waiting
from kit.run.journal import Journal
from kit.tracks.rehearsal import environment_for, tell
from tests.cloud.sparse_answers import leave_out_what_is_optional
from tests.end_to_end.command import PATIENCE_SECONDS

_NAP_SECONDS = 0.05


@dataclass(frozen=True)
class Ended:
    """How a command ended: `status` is negative for a signal; `said` is standard output and error together."""

    status: int
    said: str


@dataclass(frozen=True)
class Stop:
    """A signal that the process gets at an effect of its run.

    Attributes:
        effect: the kind of what is made, as the ledger has it ("endpoint"), or with " ended" what ends it.
        before_the_request: at once when the effect has been entered; else when it has been asked for too, before
            anything further is written.
    """

    effect: str
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
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode is not None, self.said()
        return Ended(self.process.exitcode, self.said())


def run(
    folder: Path,
    url: str,
    *arguments: str,
    stop: Stop | None = None,
    optional: Collection[str] | None = None,
    **settings: str,
) -> Ended:
    """Runs `kit <arguments>` against a double to its end; see `start`."""
    return start(folder, url, *arguments, stop=stop, optional=optional, **settings).ended()


def start(
    folder: Path,
    url: str,
    *arguments: str,
    stop: Stop | None = None,
    optional: Collection[str] | None = None,
    **settings: str,
) -> Running:
    """Starts `kit <arguments>` against a double.

    Args:
        folder: runs are kept in `runs` below it.
        stop: at which moment it is stopped, and how.
        optional: the optional members that AWS's answers have; None for all. See `sparse_answers`.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.cloud.loaded"])
    output = folder / "output.txt"
    process = context.Process(target=_main, args=(folder, url, arguments, stop, optional, settings, output))
    process.start()
    return Running(process, output)


def _main(
    folder: Path,
    url: str,
    arguments: tuple[str, ...],
    stop: Stop | None,
    optional: Collection[str] | None,
    settings: dict[str, str],
    output: Path,
) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "KIT_"))]:
        del os.environ[name]
    os.environ.update(environment_for(url) | {"KIT_RUNS": str(folder / "runs"), "COLUMNS": "200"})
    os.environ.update({f"KIT_{name.upper()}": value for name, value in settings.items()})
    os.chdir(folder)
    sys.argv = ["kit", *arguments]
    # Ctrl-C reaches it also where the tests themselves run in the background, which ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _let_waits_go_by(url)
    if stop is not None:
        _stop_at(stop)
    if optional is not None:
        leave_out_what_is_optional(optional)
    with output.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    with contextlib.suppress(BrokenPipeError):
        cli.main()


def _stop_at(stop: Stop) -> None:
    entered, sent, save = False, False, Journal.save

    def entering(method: Any, ending: str) -> Any:
        def enter(self: Journal, kind: str, name: str) -> None:
            nonlocal entered
            method(self, kind, name)
            entered = entered or f"{kind}{ending}" == stop.effect
            if stop.before_the_request:
                dying(self)

        return enter

    def dying(self: Journal) -> None:
        nonlocal sent
        if entered and not sent:
            sent = True
            os.kill(os.getpid(), stop.signal)
        save(self)

    Journal.save = dying  # type: ignore[method-assign]
    Journal.will_create = entering(Journal.will_create, "")  # type: ignore[method-assign]
    Journal.mark_ended = entering(Journal.mark_ended, " ended")  # type: ignore[method-assign]


def _let_waits_go_by(url: str) -> None:
    """Whatever the kit waits for AWS goes by on the double at once; here it takes as long as other processes need."""

    def go_by(seconds: float) -> None:
        tell(url, "clock", {"seconds": seconds})
        time.sleep(min(seconds, _NAP_SECONDS))

    def pause(seconds: float) -> None:
        stopping.look()
        go_by(seconds)
        stopping.look()

    waiting.stopping = types.SimpleNamespace(pause=pause)  # type: ignore[assignment]
    botocore.endpoint.time = types.SimpleNamespace(sleep=go_by)  # type: ignore[attr-defined]
