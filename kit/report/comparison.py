"""Runs side by side: a rehearsal and the real day, or several settings."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _, marked
from kit.report import plots, validation
from kit.report.settings_table import written
from kit.report.template import plot, render
from kit.run.folder import RunFolder, every
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
    """One thing of every run, in their order."""

    name: str
    values: tuple[Any, ...]

    @property
    def change(self) -> float | None:
        """From the first of two runs to the second, for numbers."""
        if len(self.values) != 2:
            return None
        if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in self.values):
            return None
        return float(self.values[1] - self.values[0])


def latest_finished(runs: Path) -> list[RunFolder]:
    """The last two runs of the folder that went to their end, the older first.

    Raises:
        InputError: there are not two.
    """
    found = [folder for folder in every(runs) if folder.summary.exists()][-2:]
    if len(found) < 2:
        raise InputError(
            _("There are no two finished runs in {runs} to set side by side; `make runs` lists what there is.").format(
                runs=runs
            )
        )
    return found


def load(folders: Sequence[RunFolder]) -> list[FinishedRun]:
    """Raises InputError when there are not two, one is there twice, or one has not come to its end."""
    if len(folders) < 2:
        raise InputError(_("Name at least two runs to set side by side; `make runs` lists them all."))
    names = [folder.run_id for folder in folders]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(_("{run} is named twice; a run cannot be compared with itself.").format(run=twice))
    return [_load(folder) for folder in folders]


def _load(folder: RunFolder) -> FinishedRun:
    if not folder.summary.exists():
        raise InputError(
            _("{run} has no summary: it is unfinished; `kit status {run}` says what to do.").format(run=folder.run_id)
        )
    summary = json.loads(folder.summary.read_text(encoding="utf-8"))
    return FinishedRun(folder, Journal.open(folder.journal), summary)


def for_people(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The same runs with the sentences of their summaries in the reader's language."""
    return [
        dataclasses.replace(run, summary={**run.summary, "runtime_reason": run.journal.runtime_reason}) for run in runs
    ]


def compare(runs: Sequence[FinishedRun]) -> dict[str, list[Row]]:
    """The rows of the comparison by kind: `results`, `classes` (AP@0.5), `seconds` by stage, `settings` that differ."""
    summaries = [run.summary for run in runs]
    facts = [
        name
        for name, value in summaries[0].items()
        if name != "run" and not isinstance(value, (list, dict)) and all(name in each for each in summaries)
    ]
    seconds = [each["stage_seconds"] for each in summaries]
    extra = [name for name in _names(seconds) if name not in STAGES]
    settings = [run.journal.settings for run in runs]
    rows = _rows(settings, _names(settings))
    return {
        "results": _rows(summaries, facts),
        "classes": _rows(precisions := [_average_precisions(run) for run in runs], _names(precisions)),
        "seconds": _rows(seconds, [*extra, *STAGES]),
        "settings": [row for row in rows if any(value != row.values[0] for value in row.values)],
    }


def _names(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def _rows(tables: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Row]:
    return [Row(name, tuple(table.get(name) for table in tables)) for name in names]


def page_name(runs: Sequence[FinishedRun]) -> str:
    """Of the comparison's file: all the runs by name, or the first and how many there are where that would be long."""
    names = [run.folder.run_id for run in runs]
    if sum(map(len, names)) > 150:
        names = [names[0], names[-1], str(len(names))]
    return f"compare-{'-'.join(names)}.html"


def write(runs: Sequence[FinishedRun], path: Path) -> None:
    """Writes the comparison as one HTML file that opens from disk without network."""
    told = for_people(runs)
    rows = compare(told)
    seconds = [{title_of(name): length for name, length in run.summary["stage_seconds"].items()} for run in told]
    limit = max(sum(each.values()) for each in seconds)
    trained = {run.folder.run_id: run.journal.result(TrainingResult) for run in told}
    histories = {name: result.history for name, result in trained.items() if result.history}
    content = {
        "runs": [
            {
                "name": run.folder.run_id,
                "report": os.path.relpath(run.folder.report, path.parent),
                "time": plot(plots.stage_strip(each, limit)),
                "validated_on": validation.legend(trained[run.folder.run_id]),
            }
            for run, each in zip(told, seconds, strict=True)
        ],
        "losses": [(metric, plot(plots.curves(histories, metric))) for metric in plots.LOSSES] if histories else [],
        "with_change": len(runs) == 2,
        **{kind: [cells(kind, row) for row in found] for kind, found in rows.items()},
    }
    write_atomically(path, render("comparison.html.j2", **content))


def _average_precisions(run: FinishedRun) -> dict[str, float | None]:
    return {row.label: row.ap50 for row in run.journal.result(ScoringResult).classes}


def cells(kind: str, row: Row) -> tuple[str, ...]:
    """A row of `compare` as people read it: its name, each run's value, and of two runs the change."""
    name = row.name
    if kind == "seconds":
        name = title_of(name)
    elif kind == "results":
        name = _(_FACTS.get(name, name))
    values = tuple(map(_told, row.values))
    return (name, *values, _told_change(row)) if len(values) == 2 else (name, *values)


def _told(value: Any) -> str:
    if value is None:
        return "–"
    return _rounded(value) if isinstance(value, float) else written(value)


def _told_change(row: Row) -> str:
    return "" if not row.change else _rounded(row.change, "+")


def _rounded(number: float, sign: str = "") -> str:
    """With three digits, but never in powers of ten."""
    return f"{number:{sign}.0f}" if abs(number) >= 100 else f"{number:{sign}.3g}"
