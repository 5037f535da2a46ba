"""`kit clean`: removes all runs."""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.language import _
from kit.run.removal import remove_all
from kit.settings import ResolvedSettings, RunsSettings


@click.command(
    cls=SettingsCommand, kind=RunsSettings, help=_("Remove all runs, unless one may have left something on AWS.")
)
def clean(resolved: ResolvedSettings[RunsSettings]) -> None:
    remove_all(resolved.settings.runs)
    click.echo(_("Removed {runs}.").format(runs=resolved.settings.runs))
