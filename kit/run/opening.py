"""Finds the run that a command goes on with, or makes a new one, and keeps every other `kit` away from it."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import STAGES
from kit.setting_types import declarations
from kit.settings import AUTO, ResolvedSettings, Settings

LOCAL, CLOUD = "local", "cloud"


@contextlib.contextmanager
def open_run(
    resolved: ResolvedSettings[Settings],
    track: str,
    console: Console,
    *,
    runtime: str = AUTO,
    where: Mapping[str, str] | None = None,
    among: Iterable[RunFolder] | None = None,
    name: str = "",
) -> Iterator[tuple[RunFolder, Journal]]:
    """A run that is unfinished and was started with the same settings, else a new one; locked while the block lasts.

    Args:
        runtime: the one that it has to have; `AUTO` for any.
        where: what else has to be the same: the account, say.
        among: the runs to look at, by default the latest alone.
        name: of a new run, after its date; by default the track.

    Raises:
        InputError: another `kit` is at work on it.
    """
    found = unfinished(resolved, track, where, among, runtime)
    folder, journal = found or _new_run(resolved.settings, track, console, where or {}, name or track)
    with locked(folder):
        if found is not None:
            run_folder.make_latest(folder)
            console.say(_("Going on with {run}").format(run=folder.run_id))
        yield folder, journal


def _new_run(
    settings: Settings, track: str, console: Console, where: Mapping[str, str], name: str
) -> tuple[RunFolder, Journal]:
    left = run_folder.latest(settings.runs)
    if left is not None and left.journal.exists() and not is_finished(Journal.open(left.journal), left):
        console.say(
            _("{run} is unfinished, but was started with other settings: this is a new run.").format(run=left.run_id)
        )
    folder = run_folder.create(settings.runs, name, datetime.datetime.now())
    journal = Journal(folder.journal, folder.run_id, track, {**identity(settings), **where})
    journal.save()
    return folder, journal


def unfinished(
    resolved: ResolvedSettings[Settings],
    track: str,
    where: Mapping[str, str] | None = None,
    among: Iterable[RunFolder] | None = None,
    runtime: str = AUTO,
) -> tuple[RunFolder, Journal] | None:
    """The first run with which the same command goes on; the arguments are those of `open_run`."""
    settings = resolved.settings
    if among is None:
        latest = run_folder.latest(settings.runs)
        among = [latest] if latest else []
    for folder in among:
        if not folder.journal.exists():
            continue
        journal = Journal.open(folder.journal)
        if is_finished(journal, folder) or journal.track != track:
            continue
        same = journal.settings == {**identity(settings), **(where or {})}
        if same and runtime in (AUTO, journal.runtime or runtime):
            return folder, journal
    return None


def is_finished(journal: Journal, folder: RunFolder) -> bool:
    """Whether nothing of it is left to do: it went to its end, or was cleaned up before."""
    done = [journal.is_finished(stage) for stage in STAGES]
    return done[-1] and (folder.summary.exists() or not all(done))


def identity(settings: Settings) -> dict[str, Any]:
    """The settings that decide what comes out, and so make a command "the same command"."""
    names = [name for name, declaration in declarations(type(settings)).items() if declaration.identity]
    values = {name: getattr(settings, name) for name in names}
    return json.loads(json.dumps(values, default=str))  # type: ignore[no-any-return]


@contextlib.contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Keeps a second `kit` away from the same run for as long as the block lasts.

    Raises:
        InputError: another one has it.
    """
    with folder.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                _("The run {run} is going on in another terminal; wait for it, or stop it first.").format(
                    run=folder.run_id
                )
            ) from error
        yield
    folder.lock.unlink(missing_ok=True)


def cloud_runs(runs: Path, complain: Callable[[str], object]) -> Iterator[tuple[RunFolder, Journal]]:
    """The runs of the cloud track, the oldest first.

    Args:
        complain: is told of each journal that cannot be read; the run is passed over.
    """
    for folder in run_folder.every(runs):
        try:
            journal = Journal.open(folder.journal)
        except InputError as error:
            complain(str(error))
            continue
        if journal.track == CLOUD:
            yield folder, journal
