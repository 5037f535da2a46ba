"""How a run stands and what to do next, from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass

from kit.language import _
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.labelling_state import LabellingState
from kit.run.names import STAGES, title_of
from kit.run.opening import is_finished
from kit.run.results import LabellingResult, TrainingResult
from kit.run.state_file import read_state
from kit.run.training_state import TrainingState

WAITING, RUNNING, CUT_SHORT = "waiting", "running", "cut short"
# Of the journal, where they are called otherwise here.
_STATES = {"outdated": WAITING}


@dataclass(frozen=True)
class StageStatus:
    """One stage: `state` is finished, failed, running, cut short or waiting."""

    name: str
    title: str
    state: str
    seconds: float
    attempts: int
    error: str


@dataclass(frozen=True)
class Status:
    """A run: `state` is finished, failed, running or cut short; `next` says in words what to do.

    `labelling` is there while people label, `training` from the end of the first epoch to that of the training.
    """

    run: str
    track: str
    state: str
    stages: tuple[StageStatus, ...]
    next: str
    labelling: LabellingState | None = None
    training: TrainingState | None = None


def status_of(folder: RunFolder) -> Status:
    """Raises InputError when the folder holds no run."""
    journal = Journal.open(folder.journal)
    at_work = folder.is_locked()
    stages = []
    for name in [*(name for name in journal.stages if name not in STAGES), *STAGES]:
        title = title_of(name)
        record = journal.stages.get(name)
        if record is None:
            stages.append(StageStatus(name, title, WAITING, 0.0, 0, ""))
        else:
            state = _STATES.get(record.state, record.state) if at_work or record.state != RUNNING else CUT_SHORT
            stages.append(StageStatus(name, title, state, record.seconds, record.attempts, record.error))
    failed = next((stage for stage in stages if stage.state == "failed"), None)
    if at_work:
        state = RUNNING
    elif is_finished(journal, folder):
        state = "finished"
    else:
        state = "failed" if failed else CUT_SHORT
    at = {stage.name for stage in stages if stage.state == RUNNING}
    return Status(
        journal.run_id,
        journal.track,
        state,
        tuple(stages),
        _next(state, journal, folder),
        read_state(folder.labelling_state, LabellingState) if LabellingResult.stage in at else None,
        read_state(folder.training_state, TrainingState) if TrainingResult.stage in at else None,
    )


def _next(state: str, journal: Journal, folder: RunFolder) -> str:
    command = "make cloud-rehearsal" if journal.is_rehearsal else f"make {journal.track}"
    if journal.settings.get("relabel") and not journal.is_rehearsal:
        command += f" RUN={journal.run_id}"
    if state == RUNNING:
        if folder.waits_for_people:
            return _("It goes on when all is labelled; `make go-on` ends labelling early.")
        return _("It goes on by itself.")
    if journal.is_rehearsal and state != "finished":
        return _("Run `{command}` again: a rehearsal begins anew, as the stand-in for AWS is gone.").format(
            command=command
        )
    if state == "finished":
        if not journal.is_rehearsal and any(not resource.deleted for resource in journal.resources):
            return _("Clean up what is still there: `make {track}-clean`.").format(track=journal.track)
        return _("Open {report} in a browser.").format(report=folder.report)
    if state == "failed":
        return _(
            "Correct what the error says and run `{command}` with the same settings: it goes on from there."
        ).format(command=command)
    return _("Run `{command}` with the same settings: it goes on from there.").format(command=command)
