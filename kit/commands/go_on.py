"""`kit go-on`: ends labelling by hand early."""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.settings import ResolvedSettings, RunsSettings


@click.command(
    "go-on",
    cls=SettingsCommand,
    kind=RunsSettings,
    help=_("Let the run that waits for people to label go on with the labels there are."),
)
def go_on(resolved: ResolvedSettings[RunsSettings]) -> None:
    runs = resolved.settings.runs
    folder = run_folder.latest(runs)
    if folder is None or not folder.lock.exists():
        raise InputError(
            _("No run is going on under {runs}; start one with `make local LABELER=human`.").format(runs=runs)
        )
    folder.go_on.touch()
    click.echo(_("{run} goes on with what is labelled.").format(run=folder.run_id))
