"""`kit runs`: every run that there is."""

from __future__ import annotations

import dataclasses
import datetime
import json

import click
import rich.table

from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _, harmless, marked
from kit.run.listing import ListedRun, listed
from kit.run.names import title_of
from kit.settings import ResolvedSettings, RunsSettings

_STATES = {
    "finished": marked("finished"),
    "unfinished": marked("unfinished at: {stage}"),
    "running": marked("at work: {stage}"),
    "removed": marked("removed before its end"),
    "unreadable": marked("unreadable"),
}
_TRACKS = {"local": marked("local"), "cloud": marked("cloud"), "rehearsal": marked("rehearsal")}


@click.command(
    cls=SettingsCommand,
    kind=RunsSettings,
    help=_("List every run, the newest first, with its track, its state, how much is labelled, and its score."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print it as one JSON object."))
def runs(resolved: ResolvedSettings[RunsSettings], as_json: bool) -> None:
    folder = resolved.settings.runs
    found = listed(folder)
    if as_json:
        click.echo(json.dumps({"runs": [dataclasses.asdict(run) for run in found]}, ensure_ascii=False, indent=2))
        return
    console = Console()
    if not found:
        console.say(_("There is no run under {runs} yet; `make local` begins one.").format(runs=folder))
        return
    table = rich.table.Table(
        _("run"), _("begun"), _("track"), _("state"), _("labelled"), "mAP@0.5", box=None, pad_edge=False
    )
    for run in found:
        table.add_row(*map(harmless, _cells(run)))
    console.table(table)
    for run in found:
        if run.problem:
            console.say(run.problem)
    console.say(_("`make status RUN=<name>` shows one stage by stage; RUN goes with every command that is about one."))


def _cells(run: ListedRun) -> tuple[str, ...]:
    begun = f"{datetime.datetime.fromisoformat(run.created).astimezone():%Y-%m-%d %H:%M}" if run.created else ""
    labelled = "" if run.labelled is None else f"{run.labelled}/{'?' if run.pictures is None else run.pictures}"
    score = "" if run.map50 is None else f"{run.map50:.3f}"
    state = _(_STATES[run.state]).format(stage=title_of(run.stage) if run.stage else "")
    return run.run, begun, _(_TRACKS.get(run.track, run.track)), state, labelled, score
