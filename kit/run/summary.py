"""`summary.json`: the run in a few numbers, for scripts."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from kit.atomic_file import write_atomically
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.results import (
    CleanUpResult,
    ConversionResult,
    DetectionResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    TrainingResult,
)


def summarise(journal: Journal, spent_usd: float = 0.0) -> dict[str, Any]:
    """The summary of a run that is finished but for its clean-up, at least.

    Args:
        spent_usd: what the cloud costs, estimated.

    Returns:
        `map50`, `map` are None when there was nothing to score on; `stage_seconds` is by stage name, seconds of the
        attempt that finished; `endpoint_p50_ms` is the median over the held-out pictures, one client;
        `left_out` and `remarks` are lists of `kit.run.remark.Remark`.
    """
    pictures, labelling = journal.result(PicturesResult), journal.result(LabellingResult)
    training, detection = journal.result(TrainingResult), journal.result(DetectionResult)
    scores = journal.result(ScoringResult)
    return {
        "run": journal.run_id,
        "track": journal.track,
        "rehearsal": journal.is_rehearsal,
        "runtime": journal.runtime,
        "runtime_reason": journal.runtime_reason,
        "device": training.device,
        "images": pictures.images,
        "labels": list(pictures.labels),
        "left_out": [dataclasses.asdict(remark) for remark in pictures.left_out],
        "remarks": [dataclasses.asdict(remark) for remark in pictures.remarks],
        "labelled": labelling.labelled,
        "boxes": labelling.boxes,
        "labelled_by": labelling.labelled_by,
        "train_images": journal.result(ConversionResult).train_images,
        "held_out_images": detection.pictures,
        "epochs": training.epochs,
        "train_seconds": training.train_seconds,
        "stage_seconds": {name: round(stage.seconds, 2) for name, stage in journal.stages.items()},
        "map50": scores.map50,
        "map": scores.map,
        "endpoint_p50_ms": detection.endpoint_p50_ms,
        "spent_usd": round(spent_usd, 2),
        "left_behind": _left_behind(journal),
    }


def _left_behind(journal: Journal) -> list[str]:
    """The resources that clean-up found still there; before it, those of the ledger."""
    if journal.is_finished(CleanUpResult.stage):
        return list(journal.result(CleanUpResult).left_behind)
    return [f"{resource.kind} {resource.name}" for resource in journal.existing()]


def write(folder: RunFolder, summary: dict[str, Any]) -> None:
    write_atomically(folder.summary, (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())


def anew(folder: RunFolder, journal: Journal) -> dict[str, Any]:
    """The summary of a run that has one, perhaps by an older kit; what was spent is as that one has it."""
    return summarise(journal, json.loads(folder.summary.read_text(encoding="utf-8")).get("spent_usd", 0.0))
