"""`kit local`: the whole workshop on this machine."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import click

from kit import settings as settings_module
from kit.console import Console


def _with_settings(command: click.Command) -> click.Command:
    for field in dataclasses.fields(settings_module.Settings):
        command.params.append(
            click.Option([settings_module.flag_of(field.name), field.name], help=field.metadata["help"])
        )
    return command


@click.command()
def local(**flags: str | None) -> None:
    """Run the whole workshop on this machine, or go on with the run that was cut short.

    Settings come from kit.toml, then KIT_<NAME> in the environment, then these flags.
    """
    # Here, because the SDKs and the plotting library take seconds and 150 MB that the other commands do not need.
    from kit.workshop.local_track import rehearse

    resolved = settings_module.resolve(flags, os.environ, Path.cwd() / settings_module.SETTINGS_FILE)
    rehearse(resolved, Console())


_with_settings(local)
