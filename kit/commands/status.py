"""`kit status`: how a run stands, stage by stage, and what to do next."""

from __future__ import annotations

import dataclasses
import json

import click
import rich.table

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _, marked
from kit.run.folder import find
from kit.run.status import status_of
from kit.settings import ResolvedSettings, RunsSettings

_SIGNS = {
    marked("finished"): "✓",
    marked("failed"): "✗",
    marked("running"): "…",
    marked("cut short"): "!",
    marked("waiting"): "·",
}


@click.command(
    cls=SettingsCommand,
    kind=RunsSettings,
    help=_("Show the stages of RUN (by default the latest) with their times, and what to do next."),
)
@click.argument("run", shell_complete=run_names, default="latest")
@click.option("--json", "as_json", is_flag=True, help=_("Print it as one JSON object."))
def status(resolved: ResolvedSettings[RunsSettings], run: str, as_json: bool) -> None:
    found = status_of(find(resolved.settings.runs, run))
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
    console.say(_("Next: {what}").format(what=found.next))
