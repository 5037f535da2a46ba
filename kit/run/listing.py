"""Every run in a few words, from the journals alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from kit.errors import InputError
from kit.run import folder as run_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import STAGES
from kit.run.opening import is_finished
from kit.run.results import LabellingResult, PicturesResult, ScoringResult

State: TypeAlias = Literal["finished", "unfinished", "running", "removed", "unreadable"]


@dataclass(frozen=True)
class ListedRun:
    """One run.

    Attributes:
        created: ISO 8601, UTC; "" where the journal cannot be read, as `track` then is.
        state: "removed" is one that was cleaned up before its end, "running" one that a kit is at work on.
        stage: that it is at, while it is unfinished or running; "" otherwise.
        labelled, pictures: how many pictures have labels, and how many there are; None as long as nobody knows.
        map50: mAP@0.5, 0..1; None where nothing was scored.
        problem: why the journal cannot be read.
    """

    run: str
    track: str
    created: str
    state: State
    stage: str = ""
    labelled: int | None = None
    pictures: int | None = None
    map50: float | None = None
    problem: str = ""


def listed(runs: Path) -> list[ListedRun]:
    """All runs, the newest first; those that cannot be read at the end."""
    return sorted(map(_of, run_folder.every(runs)), key=lambda run: (run.created, run.run), reverse=True)


def _of(folder: RunFolder) -> ListedRun:
    try:
        journal = Journal.open(folder.journal)
        pictures = journal.result(PicturesResult).images if journal.is_finished(PicturesResult.stage) else None
        map50 = journal.result(ScoringResult).map50 if journal.is_finished(ScoringResult.stage) else None
        labelled = _labelled(journal)
    except InputError as error:
        return ListedRun(folder.run_id, "", "", "unreadable", problem=str(error))
    track = "rehearsal" if journal.is_rehearsal else journal.track
    state, stage = _state(journal, folder)
    return ListedRun(folder.run_id, track, journal.created, state, stage, labelled, pictures, map50)


def _labelled(journal: Journal) -> int | None:
    if journal.is_finished(LabellingResult.stage):
        return journal.result(LabellingResult).labelled
    record = journal.stages.get(LabellingResult.stage)
    return record.done if record else None


def _state(journal: Journal, folder: RunFolder) -> tuple[State, str]:
    left = [name for name in journal.stages if name not in STAGES and not journal.is_finished(name)]
    left += [name for name in STAGES if not journal.is_finished(name)]
    if folder.is_locked():
        return "running", left[0] if left else ""
    if not is_finished(journal, folder):
        return "unfinished", left[0] if left else ""
    return ("removed" if left else "finished"), ""
