"""Reminds, whatever is being done, of endpoints on AWS that cost money by the hour."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from kit.language import _


def old_endpoints(runs: Path, hours: float, now: datetime.datetime) -> list[str]:
    """One sentence for each endpoint of the cloud track that is older than that and not known to be deleted.

    Reads the journals without the SDKs, so that no command becomes slower by it. One that cannot be read is some other
    command's to complain of.
    """
    told = []
    for path in sorted(runs.glob("*/journal.json")):
        if path.parent.is_symlink():
            continue
        try:
            journal = json.loads(path.read_text(encoding="utf-8"))
            # What a rehearsal made went with the AWS of this machine.
            if journal["track"] != "cloud" or journal["settings"].get("endpoint_url"):
                continue
            for resource in journal["resources"]:
                if resource["kind"] != "endpoint" or resource["deleted"]:
                    continue
                age = now - datetime.datetime.fromisoformat(resource["entered"])
                if age > datetime.timedelta(hours=hours):
                    told.append(
                        _(
                            "ENDPOINT {name} HAS BEEN RUNNING FOR {hours:.1f} HOURS AND COSTS MONEY: "
                            "`make cloud-clean` deletes it."
                        ).format(name=resource["name"], hours=age.total_seconds() / 3600)
                    )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return told
