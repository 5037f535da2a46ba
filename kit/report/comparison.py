"""Two runs side by side: a rehearsal and the real day, or two settings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _, marked
from kit.report import plots, validation
from kit.report.template import plot, render
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import STAGES, title_of
from kit.run.results import ScoringResult, TrainingResult

# The facts of a summary, in words.
_FACTS = {
    "track": marked("track"),
    "runtime": marked("runtime"),
    "runtime_reason": marked("reason for the runtime"),
    "device": marked("device that trained"),
    "images": marked("pictures"),
    "labelled": marked("pictures labelled"),
    "boxes": marked("boxes"),
    "train_images": marked("pictures trained on"),
    "held_out_images": marked("held-out pictures"),
    "epochs": marked("epochs"),
    "train_seconds": marked("seconds of training"),
    "map50": "mAP@0.5",
    "map": "mAP@[.5:.95]",
    "endpoint_p50_ms": marked("median answer (ms)"),
    "spent_usd": marked("spent, about (USD)"),
}


@dataclass(frozen=True)
class FinishedRun:
    """A run that went to its end, as it is compared."""

    folder: RunFolder
    journal: Journal
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One thing of both runs; `change` is from the first to the second, for numbers."""

    name: str
    first: Any
    second: Any

    @property
    def change(self) -> float | None:
        if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in (self.first, self.second)):
            return None
        return float(self.second - self.first)


def load(folder: RunFolder) -> FinishedRun:
    """Raises InputError when the run has not come to its end."""
    if not folder.summary.exists():
        raise InputError(
            _("{run} has no summary: it is unfinished; `kit status {run}` says what to do.").format(run=folder.run_id)
        )
    summary = json.loads(folder.summary.read_text(encoding="utf-8"))
    return FinishedRun(folder, Journal.open(folder.journal), summary)


def compare(first: FinishedRun, second: FinishedRun) -> dict[str, list[Row]]:
    """The rows of the comparison by kind: `results`, `classes` (AP@0.5), `seconds` by stage, `settings` that differ."""
    one, other = first.summary, second.summary
    facts = [name for name, value in one.items() if name in other and not isinstance(value, (list, dict))]
    classes = [_average_precisions(run) for run in (first, second)]
    seconds = [run.summary["stage_seconds"] for run in (first, second)]
    extra = [name for name in {**seconds[0], **seconds[1]} if name not in STAGES]
    settings = [run.journal.settings for run in (first, second)]
    return {
        "results": [Row(name, one[name], other[name]) for name in facts if name != "run"],
        "classes": [Row(label, classes[0].get(label), classes[1].get(label)) for label in {**classes[0], **classes[1]}],
        "seconds": [Row(name, seconds[0].get(name), seconds[1].get(name)) for name in [*extra, *STAGES]],
        "settings": [
            Row(name, settings[0].get(name), settings[1].get(name))
            for name in {**settings[0], **settings[1]}
            if settings[0].get(name) != settings[1].get(name)
        ],
    }


def write(first: FinishedRun, second: FinishedRun, path: Path) -> None:
    """Writes the comparison as one HTML file that opens from disk without network."""
    rows = compare(first, second)
    runs = []
    for run in (first, second):
        training = run.journal.result(TrainingResult)
        history = training.history
        runs.append(
            {
                "name": run.folder.run_id,
                "report": os.path.relpath(run.folder.report, path.parent),
                "loss": plot(plots.loss_curve(history, validation.legend(training))) if history else None,
                "last": ", ".join(f"{name} {value:.4g}" for name, value in history[-1].items()) if history else "",
                "time": plot(plots.stage_strip({title_of(k): v for k, v in run.summary["stage_seconds"].items()})),
            }
        )
    content = {kind: [cells(kind, row) for row in found] for kind, found in rows.items()}
    write_atomically(path, render("comparison.html.j2", runs=runs, **content))


def _average_precisions(run: FinishedRun) -> dict[str, float | None]:
    return {row.label: row.ap50 for row in run.journal.result(ScoringResult).classes}


def cells(kind: str, row: Row) -> tuple[str, str, str, str]:
    """A row of `compare` as people read it: its name, both values, the change."""
    name = row.name
    if kind == "seconds":
        name = title_of(name)
    elif kind == "results":
        name = _(_FACTS.get(name, name))
    return name, _told(row.first), _told(row.second), _told_change(row)


def _told(value: Any) -> str:
    if value is None:
        return "–"
    return _rounded(value) if isinstance(value, float) else str(value)


def _told_change(row: Row) -> str:
    return "" if not row.change else _rounded(row.change, "+")


def _rounded(number: float, sign: str = "") -> str:
    """With three digits, but never in powers of ten."""
    return f"{number:{sign}.0f}" if abs(number) >= 100 else f"{number:{sign}.3g}"
