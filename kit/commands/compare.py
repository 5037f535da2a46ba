"""`kit compare A B …`: runs side by side."""

from __future__ import annotations

import dataclasses
import json

import click
import rich.table

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _, harmless
from kit.run.folder import LATEST, find
from kit.settings import ResolvedSettings, RunSettings


@click.command(
    cls=SettingsCommand,
    kind=RunSettings,
    help=_(
        "Set finished runs side by side, in the terminal and as a page in the folder of the runs; by default the last "
        "two, or RUN and the latest."
    ),
)
@click.argument("names", nargs=-1, metavar="RUNS", shell_complete=run_names)
@click.option("--json", "as_json", is_flag=True, help=_("Print it as one JSON object, and write no page."))
def compare(resolved: ResolvedSettings[RunSettings], names: tuple[str, ...], as_json: bool) -> None:
    # Here, because the plotting library takes a second that the other commands do not need.
    from kit.report import comparison

    folder, run = resolved.settings.runs, resolved.settings.run
    if not names and run is not None:
        names = (run, LATEST)
    runs = comparison.load([find(folder, name) for name in names] or comparison.latest_finished(folder))
    ids = [each.folder.run_id for each in runs]
    if as_json:
        kinds = comparison.compare(runs)
        rows = {kind: [{**dataclasses.asdict(row), "change": row.change} for row in kinds[kind]] for kind in kinds}
        click.echo(json.dumps({"runs": ids, **rows}, ensure_ascii=False, indent=2))
        return
    kinds, console = comparison.compare(comparison.for_people(runs)), Console()
    for kind, title in (
        ("results", _("Results")),
        ("classes", _("AP@0.5 by class")),
        ("seconds", _("Seconds by stage")),
        ("settings", _("Settings that differ")),
    ):
        if not kinds[kind]:
            continue
        change = [_("change")] if len(runs) == 2 else []
        table = rich.table.Table(title, *ids, *change, box=None, pad_edge=False)
        for row in kinds[kind]:
            table.add_row(*map(harmless, comparison.cells(kind, row)))
        console.table(table)
        console.say()
    page = folder / comparison.page_name(runs)
    comparison.write(runs, page)
    console.say(_("Page: {path}").format(path=page))
