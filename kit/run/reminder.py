"""Reminds, whatever is being done, of endpoints on AWS that cost money by the hour."""

from __future__ import annotations

import datetime
from pathlib import Path

from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.run.journal import Journal
from kit.run.names import ENDPOINT
from kit.run.opening import CLOUD


def old_endpoints(runs: Path, hours: float, now: datetime.datetime) -> list[str]:
    """One sentence for each endpoint of the cloud track that is older than that and not known to be deleted.

    A journal that cannot be read is some other command's to complain of.
    """
    told = []
    for folder in run_folder.every(runs):
        try:
            journal = Journal.open(folder.journal)
        except InputError:
            continue
        # What a rehearsal made went with the AWS of this machine.
        if journal.track != CLOUD or journal.is_rehearsal:
            continue
        for resource in journal.existing():
            if resource.kind != ENDPOINT:
                continue
            age = now - datetime.datetime.fromisoformat(resource.entered)
            if age > datetime.timedelta(hours=hours):
                told.append(
                    _(
                        "ENDPOINT {name} HAS BEEN RUNNING FOR {hours:.1f} HOURS AND COSTS MONEY: "
                        "`make cloud-clean` deletes it."
                    ).format(name=resource.name, hours=age.total_seconds() / 3600)
                )
    return told
