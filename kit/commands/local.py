"""`kit local`: the whole workshop on this machine."""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _
from kit.settings import LocalSettings, ResolvedSettings


@click.command(
    cls=SettingsCommand,
    kind=LocalSettings,
    help="\n\n".join(
        [
            _("Run the whole workshop on this machine, or go on with the run that was cut short."),
            _("Settings come from kit.toml, then KIT_<NAME> in the environment, then these flags."),
        ]
    ),
)
def local(resolved: ResolvedSettings[LocalSettings]) -> None:
    # Here, because the SDKs and the plotting library take seconds and 150 MB that the other commands do not need.
    from kit.tracks import local as local_track

    local_track.run(resolved, Console())
