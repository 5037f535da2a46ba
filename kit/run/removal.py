"""`make clean`: the runs are removed, but never the only record of what costs money on AWS."""

from __future__ import annotations

import shutil
from pathlib import Path

from kit.errors import InputError
from kit.language import _
from kit.run.folder import every
from kit.run.journal import Journal
from kit.run.opening import CLOUD


def remove_all(runs: Path) -> None:
    """Removes the folder of the runs with all that is in it.

    Raises:
        InputError: a kit is at work in it, a run may have left something on AWS, or a journal cannot be read.
    """
    for folder in every(runs):
        if folder.is_locked():
            raise InputError(
                _("The run {run} is going on in another terminal; wait for it, or stop it first.").format(
                    run=folder.run_id
                )
            )
        journal = Journal.open(folder.journal)
        there = journal.existing()
        if journal.track == CLOUD and not journal.is_rehearsal and there:
            raise InputError(
                _(
                    "{run} is the only record of what it made on AWS and what may cost money ({what}); run "
                    "`make cloud-clean` first."
                ).format(run=folder.run_id, what=", ".join(f"{each.kind} {each.name}" for each in there))
            )
    if runs.exists():
        shutil.rmtree(runs)
