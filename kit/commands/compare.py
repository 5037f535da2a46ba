"""`kit compare A B`: two runs side by side."""

from __future__ import annotations

import dataclasses
import json

import click
import rich.table

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.errors import InputError
from kit.language import _, harmless
from kit.run.folder import LATEST, find
from kit.settings import ResolvedSettings, RunSettings


@click.command(
    cls=SettingsCommand,
    kind=RunSettings,
    help=_(
        "Set two finished runs side by side, in the terminal and as a page in the folder of the runs; by default RUN "
        "and the latest."
    ),
)
@click.argument("first", required=False, shell_complete=run_names)
@click.argument("second", default=LATEST, shell_complete=run_names)
@click.option("--json", "as_json", is_flag=True, help=_("Print it as one JSON object, and write no page."))
def compare(resolved: ResolvedSettings[RunSettings], first: str | None, second: str, as_json: bool) -> None:
    # Here, because the plotting library takes a second that the other commands do not need.
    from kit.report import comparison

    runs, first = resolved.settings.runs, first or resolved.settings.run
    if first is None:
        raise InputError(_("Say which run to set beside the latest: RUN=<name>; `make runs` lists them all."))
    one, other = (comparison.load(find(runs, name)) for name in (first, second))
    kinds = comparison.compare(one, other)
    if as_json:
        rows = {kind: [{**dataclasses.asdict(row), "change": row.change} for row in kinds[kind]] for kind in kinds}
        click.echo(json.dumps({"runs": [one.folder.run_id, other.folder.run_id], **rows}, ensure_ascii=False, indent=2))
        return
    console = Console()
    for kind, title in (
        ("results", _("Results")),
        ("classes", _("AP@0.5 by class")),
        ("seconds", _("Seconds by stage")),
        ("settings", _("Settings that differ")),
    ):
        if not kinds[kind]:
            continue
        table = rich.table.Table(title, one.folder.run_id, other.folder.run_id, _("change"), box=None, pad_edge=False)
        for row in kinds[kind]:
            table.add_row(*map(harmless, comparison.cells(kind, row)))
        console.table(table)
        console.say()
    page = runs / f"compare-{one.folder.run_id}-{other.folder.run_id}.html"
    comparison.write(one, other, page)
    console.say(_("Page: {path}").format(path=page))
