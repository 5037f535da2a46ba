"""`make clean`: the runs are removed, but never the only record of what costs money on AWS."""

from __future__ import annotations

import shutil
from pathlib import Path

from kit.errors import InputError
from kit.language import _
from kit.run.folder import ENDPOINT_FOLDERS, LATEST, RELABEL, RunFolder, every
from kit.run.journal import Journal
from kit.run.opening import CLOUD, readable


def remove(folder: RunFolder) -> None:
    """Removes one run, and what was taken of runs that no run goes on from any more.

    Raises:
        InputError: a kit is at work on it, it may have left something on AWS, or its journal cannot be read.
    """
    _require_removable(folder, Journal.open(folder.journal))
    shutil.rmtree(folder.path)
    latest = folder.path.parent / LATEST
    if latest.is_symlink() and not latest.exists():
        latest.unlink()
    _remove_unused(folder.path.parent)


def _remove_unused(runs: Path) -> None:
    complaints: list[str] = []
    used = {journal.settings.get("relabel") for _folder, journal in readable(runs, complaints.append)}
    # Of a run that cannot be read nobody knows what it goes on from.
    for taken in [] if complaints else runs.glob(f"{RELABEL}/*"):
        if taken.name not in used and not RunFolder(runs / taken.name).journal.exists():
            shutil.rmtree(taken)


def remove_all(runs: Path) -> list[str]:
    """Removes the folder of the runs with all that is in it, but for runs whose journal cannot be read: what they may
    have made on AWS stands nowhere else.

    Returns:
        What is the matter with those that stay.

    Raises:
        InputError: a kit is at work in it, or a run may have left something on AWS; nothing is removed.
    """
    if any(RunFolder(path).is_locked() for path in runs.glob(f"{ENDPOINT_FOLDERS}*")):
        raise InputError(_("`make endpoint` is going on in another terminal; stop it first."))
    kept, complaints = set(), []
    for folder in every(runs):
        try:
            journal = Journal.open(folder.journal)
        except InputError as error:
            kept.add(folder.path)
            complaints.append(str(error))
        else:
            _require_removable(folder, journal)
    if runs.exists() and not kept:
        shutil.rmtree(runs)
    for path in list(runs.iterdir()) if kept else []:
        if path not in kept:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    return complaints


def _require_removable(folder: RunFolder, journal: Journal) -> None:
    if folder.is_locked():
        raise InputError(
            _("The run {run} is going on in another terminal; wait for it, or stop it first.").format(run=folder.run_id)
        )
    there = journal.existing()
    if journal.track == CLOUD and not journal.is_rehearsal and there:
        raise InputError(
            _(
                "{run} is the only record of what it made on AWS and what may cost money ({what}); run "
                "`make cloud-clean` first."
            ).format(run=folder.run_id, what=", ".join(f"{each.kind} {each.name}" for each in there))
        )
