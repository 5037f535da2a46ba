"""`summary.json`: the run in a few numbers, for scripts."""

from __future__ import annotations

import json
from typing import Any

from kit.atomic_file import write_atomically
from kit.run.folder import RunFolder
from kit.run.journal import Journal


def summarise(journal: Journal, spent_usd: float = 0.0) -> dict[str, Any]:
    """The summary of a run that is finished but for its clean-up, at least.

    Args:
        spent_usd: what the cloud costs, estimated.

    Returns:
        `map50`, `map` are None when there was nothing to score on; `stage_seconds` is by stage name, seconds of the
        attempt that finished; `endpoint_p50_ms` is the median over the held-out pictures, one client.
    """
    result = journal.result
    return {
        "run": journal.run_id,
        "track": journal.track,
        "runtime": journal.runtime,
        "runtime_reason": journal.runtime_reason,
        "device": result("training")["device"],
        "images": result("pictures")["images"],
        "labels": result("pictures")["labels"],
        "labelled": result("labelling")["labelled"],
        "boxes": result("labelling")["boxes"],
        "train_images": result("conversion")["train_images"],
        "held_out_images": result("detection")["pictures"],
        "epochs": result("training")["epochs"],
        "train_seconds": result("training")["train_seconds"],
        "stage_seconds": {name: round(stage.seconds, 2) for name, stage in journal.stages.items()},
        "map50": result("scoring")["map50"],
        "map": result("scoring")["map"],
        "endpoint_p50_ms": result("detection")["endpoint_p50_ms"],
        "spent_usd": round(spent_usd, 2),
        "left_behind": _left_behind(journal),
    }


def _left_behind(journal: Journal) -> list[str]:
    """What clean-up found still there; before it, what the ledger names."""
    if journal.is_finished("clean-up"):
        return list(journal.result("clean-up")["left_behind"])
    return [f"{resource.kind} {resource.name}" for resource in journal.existing()]


def write(folder: RunFolder, summary: dict[str, Any]) -> None:
    write_atomically(folder.summary, (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())
