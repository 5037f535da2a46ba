"""`kit go-on`: ends labelling by hand early."""

from __future__ import annotations

import click

from kit.commands.run_argument import RUN
from kit.commands.setting_flags import SettingsCommand
from kit.errors import InputError
from kit.language import _
from kit.run.folder import every, find
from kit.settings import ResolvedSettings, RunSettings


@click.command(
    "go-on",
    cls=SettingsCommand,
    kind=RunSettings,
    help=_("Let the run that waits for people to label go on with the labels there are."),
)
@RUN
def go_on(resolved: ResolvedSettings[RunSettings], name: str | None) -> None:
    settings = resolved.settings
    chosen = name or settings.run
    candidates = every(settings.runs) if chosen is None else [find(settings.runs, chosen)]
    waiting = [folder for folder in candidates if folder.waits_for_people]
    if not waiting and chosen is not None:
        raise InputError(
            _("{run} is not waiting for labels; `make status RUN={run}` says how it stands.").format(
                run=candidates[0].run_id
            )
        )
    if not waiting:
        raise InputError(
            _("No run under {runs} is waiting for labels; `make runs` lists them all.").format(runs=settings.runs)
        )
    if len(waiting) > 1:
        raise InputError(
            _("Several runs are waiting for labels: {runs}; say which with RUN=<name>.").format(
                runs=", ".join(folder.run_id for folder in waiting)
            )
        )
    waiting[0].go_on.touch()
    click.echo(_("{run} goes on with what is labelled.").format(run=waiting[0].run_id))
