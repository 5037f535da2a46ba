"""`kit clean`: removes all runs."""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.errors import InputError
from kit.language import _
from kit.run.folder import find
from kit.run.removal import remove, remove_all
from kit.settings import ResolvedSettings, RunSettings


@click.command(
    cls=SettingsCommand,
    kind=RunSettings,
    help=_("Remove all runs, or the one of RUN, unless one may have left something on AWS."),
)
def clean(resolved: ResolvedSettings[RunSettings]) -> None:
    settings = resolved.settings
    if settings.run is not None:
        folder = find(settings.runs, settings.run)
        remove(folder)
        click.echo(_("Removed {runs}.").format(runs=folder.path))
        return
    if kept := remove_all(settings.runs):
        raise InputError(
            _("Not all is gone: {what}. All other runs of {runs} are removed.").format(
                what="; ".join(each.rstrip(".") for each in kept), runs=settings.runs
            )
        )
    click.echo(_("Removed {runs}.").format(runs=settings.runs))
