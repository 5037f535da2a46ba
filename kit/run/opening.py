"""Finds the run that a command goes on with, or makes a new one, and keeps every other `kit` away from it."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import CLEAN_UP, STAGES
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
    same: Callable[[RunFolder], bool] | None = None,
    name: str = "",
) -> Iterator[tuple[RunFolder, Journal]]:
    """The run that `unfinished` finds, else a new one; locked while the block lasts.

    Args:
        runtime: the one that it has to have; `AUTO` for any.
        where: what else has to be the same: the account, say.
        same: whether a run was begun with the same pictures and labels.
        name: of a new run, after its date; by default the track.

    Raises:
        InputError: another `kit` is at work on it; as `unfinished`.
    """
    found = unfinished(resolved, track, where, runtime, same, console.say)
    folder, journal = found or _new_run(resolved.settings, track, console, where or {}, name or track)
    with locked(folder):
        run_folder.make_latest(folder)
        if found is not None:
            console.say(_("Going on with {run}").format(run=folder.run_id))
        yield folder, journal


def _new_run(
    settings: Settings, track: str, console: Console, where: Mapping[str, str], name: str
) -> tuple[RunFolder, Journal]:
    left = run_folder.latest(settings.runs)
    for folder, journal in readable(settings.runs):
        if left is not None and folder.run_id == left.run_id and not is_finished(journal, folder):
            console.say(
                _(
                    "{run} is unfinished, but was started with other settings: this is a new run. "
                    "`make {track} RUN={run}` goes on with that one."
                ).format(run=folder.run_id, track=journal.track)
            )
    folder = run_folder.create(settings.runs, name, datetime.datetime.now())
    journal = Journal(folder.journal, folder.run_id, track, {**identity(settings), **where})
    journal.save()
    return folder, journal


def unfinished(
    resolved: ResolvedSettings[Settings],
    track: str,
    where: Mapping[str, str] | None = None,
    runtime: str = AUTO,
    same: Callable[[RunFolder], bool] | None = None,
    complain: Callable[[str], object] | None = None,
) -> tuple[RunFolder, Journal] | None:
    """The run with which the same command goes on: the newest that is unfinished and was begun with the same settings,
    and the same pictures and labels where there is one; none but the one that RUN names, where it does.

    A run that is being cleaned up has nothing left that other pictures could change.

    The other arguments are those of `open_run` and `readable`.

    Raises:
        InputError: the run that RUN names is not one to go on with.
    """
    settings = resolved.settings
    expected = {**identity(settings), **(where or {})}
    other: tuple[RunFolder, Journal] | None = None
    for folder, journal in readable(settings.runs, complain):
        if settings.run is not None and folder.path != run_folder.find(settings.runs, settings.run).path:
            continue
        if journal.track != track or is_finished(journal, folder) or journal.settings != expected:
            continue
        if runtime not in (AUTO, journal.runtime or runtime):
            continue
        try:
            if same is None or settings.run is not None or same(folder):
                return folder, journal
        except InputError as error:
            if complain is not None:
                complain(str(error))
            continue
        if other is None and CLEAN_UP not in journal.stages:
            other = folder, journal
    if settings.run is not None:
        raise InputError(
            _(
                "{run} was begun on another account, region or runtime; give those, or leave RUN out for a new run."
            ).format(run=settings.run)
        )
    return other


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


def readable(runs: Path, complain: Callable[[str], object] | None = None) -> list[tuple[RunFolder, Journal]]:
    """The runs, the newest first.

    Args:
        complain: is told of each journal that cannot be read; the run is passed over.
    """
    found = []
    for folder in run_folder.every(runs):
        try:
            found.append((folder, Journal.open(folder.journal)))
        except InputError as error:
            if complain is not None:
                complain(str(error))
    return sorted(found, key=lambda run: (run[1].created, run[0].run_id), reverse=True)


def cloud_runs(
    runs: Path, complain: Callable[[str], object], only: str | None = None
) -> Iterator[tuple[RunFolder, Journal]]:
    """The runs of the cloud track, the oldest first.

    Args:
        complain: is told of each journal that cannot be read; the run is passed over.
        only: the name of the one that is wanted.

    Raises:
        InputError: there is no such run, it is of the local track, or its journal cannot be read.
    """
    if only is None:
        yield from (run for run in reversed(readable(runs, complain)) if run[1].track == CLOUD)
        return
    folder = run_folder.find(runs, only)
    journal = Journal.open(folder.journal)
    if journal.track != CLOUD:
        raise InputError(_("{run} is a run of `make local`: it has nothing on AWS.").format(run=folder.run_id))
    yield folder, journal
