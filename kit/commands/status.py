"""`kit status`: how a run stands, stage by stage, and what to do next."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import click
import rich.table

from kit.commands.run_argument import RUN
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.errors import InputError
from kit.language import _, marked
from kit.run import labelling_state, training_state
from kit.run.folder import LATEST, find
from kit.run.labelling_state import LabellingState
from kit.run.opening import readable
from kit.run.status import Status, status_of
from kit.run.training_state import TrainingState
from kit.settings import ResolvedSettings, RunSettings

_SIGNS = {
    marked("finished"): "✓",
    marked("failed"): "✗",
    marked("running"): "…",
    marked("cut short"): "!",
    marked("waiting"): "·",
}


@click.command(
    cls=SettingsCommand,
    kind=RunSettings,
    help=_("Show the stages of RUN (by default the latest) with their times, and what to do next."),
)
@RUN
@click.option("--json", "as_json", is_flag=True, help=_("Print it as one JSON object."))
def status(resolved: ResolvedSettings[RunSettings], name: str | None, as_json: bool) -> None:
    settings = resolved.settings
    found = _status_of(settings.runs, name or settings.run)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), ensure_ascii=False, indent=2))
        return
    console = Console()
    console.heading(f"{found.run}: {_(found.state)}")
    table = rich.table.Table("", _("stage"), _("state"), _("seconds"), _("attempts"), box=None, pad_edge=False)
    for stage in found.stages:
        begun = stage.attempts > 0
        seconds = f"{stage.seconds:.1f}" if begun and stage.seconds else ""
        table.add_row(_SIGNS[stage.state], stage.title, _(stage.state), seconds, str(stage.attempts) if begun else "")
    console.table(table)
    for stage in found.stages:
        if stage.state == "failed":
            console.say(stage.error)
    if found.labelling is not None:
        _tell_labelling(found.labelling, console)
    if found.training is not None:
        _tell_training(found.training, console)
    console.say(_("Next: {what}").format(what=found.next))


def _status_of(runs: Path, name: str | None) -> Status:
    """Of the run of that name; without one of the latest that can be read."""
    if name is not None:
        return status_of(find(runs, name))
    try:
        return status_of(find(runs, LATEST))
    except InputError as error:
        others = readable(runs)
        if not others:
            raise
        click.echo(_("Passed over: {what}").format(what=error), err=True)
        return status_of(others[0][0])


def _tell_labelling(labelling: LabellingState, console: Console) -> None:
    console.say(
        _("Labelled: {labelled} of {total} pictures, at {address}").format(
            labelled=labelling.labelled, total=labelling.total, address=labelling.address
        )
    )
    if labelling.users:
        console.say(_("Users: {users}").format(users=", ".join(labelling.users)))
    if labelling.labelled_by:
        console.say(_("Labelled by: {people}").format(people=labelling_state.told(labelling.labelled_by)))


def _tell_training(training: TrainingState, console: Console) -> None:
    how_far = _("Trained: epoch {epoch} of {epochs}").format(epoch=training.epoch, epochs=training.epochs)
    console.say(f"{how_far}, {training_state.told(training, time.time())}")
