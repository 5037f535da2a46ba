"""Settings as flags of a command."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import click

from kit import settings as settings_module
from kit.language import _
from kit.settings import ResolvedSettings, Settings


def add_flags(command: click.Command, kind: type[Settings]) -> None:
    """Gives the command a flag for each setting."""
    for field in dataclasses.fields(kind):
        text = field.metadata["help"]
        command.params.append(click.Option([settings_module.flag_of(field.name), field.name], help=_(text)))


def resolved(flags: Mapping[str, str | None], kind: type[Settings]) -> ResolvedSettings:
    """The settings of the flags, the environment and the file of the folder that the command was started in."""
    return settings_module.resolve(flags, os.environ, Path.cwd() / settings_module.SETTINGS_FILE, kind)
