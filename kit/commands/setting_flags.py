"""The settings of a command: its flags, KIT_<NAME> in the environment, and kit.toml, all by click.

Precedence: defaults < kit.toml < environment < flags. On make's command line a setting is `NAME=value`; the Makefile
hands it over as KIT_<NAME> and names it in KIT_FROM_MAKE.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from kit import settings as declared
from kit.errors import InputError
from kit.language import _
from kit.setting_names import refusal
from kit.setting_types import Declaration, declarations, expected, text_of
from kit.settings import (
    ResolvedSettings,
    RunsSettings,
    S_co,
    Settings,
    check_together,
    source_of,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX = "KIT_"
FROM_MAKE = "KIT_FROM_MAKE"


class SettingOption(click.Option):
    """The flag of a setting. Raises InputError, which names where it was written, for a value that does not fit."""

    def __init__(self, name: str, declaration: Declaration, default: Any) -> None:
        flag = "--" + name.replace("_", "-")
        super().__init__(
            [flag, name],
            type=declaration.type,
            default=default,
            envvar=PREFIX + name.upper(),
            help=_(declaration.help),
        )

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            raise InputError(
                _('{setting} is "{value}", but it has to be {what}.').format(
                    setting=source_of(self.name, self.origin(ctx)), value=value, what=expected(self.type, error)
                )
            ) from error

    def origin(self, ctx: click.Context) -> str:
        """Where the value comes from, as `ResolvedSettings` has it."""
        source = ctx.get_parameter_source(self.name)
        if source == ParameterSource.COMMANDLINE:
            return self.opts[0]
        if source == ParameterSource.ENVIRONMENT:
            return declared.MAKE if self.name.upper() in from_make() else str(self.envvar)
        return declared.FILE if source == ParameterSource.DEFAULT_MAP else declared.DEFAULT


class SettingsCommand(click.Command):
    """A command whose function is given `resolved`, the settings of a kind, besides its own parameters.

    Args:
        kind: a dataclass of `kit.settings`.
        without: settings of that kind that the command makes nothing of.
    """

    def __init__(
        self, *arguments: Any, kind: type[RunsSettings], without: Collection[str] = (), **attributes: Any
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.kind = kind
        defaults = {name: field.default for name, field in kind.__dataclass_fields__.items()}
        taken = {name: each for name, each in declarations(kind).items() if name not in without}
        self.params += [SettingOption(name, each, defaults[name]) for name, each in taken.items()]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        # Completion passes over whatever is wrong.
        file = {} if extra.get("resilient_parsing") else read_file(Path.cwd() / declared.FILE)
        return super().make_context(info_name, args, parent, default_map=file, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        ctx.params["resolved"] = resolved_of(ctx, self.kind)
        return super().invoke(ctx)


def resolved_of(ctx: click.Context, kind: type[S_co]) -> ResolvedSettings[S_co]:
    """Takes the settings out of a context's parameters."""
    options = [option for option in ctx.command.params if isinstance(option, SettingOption)]
    settings = kind(**{option.name: ctx.params.pop(option.name) for option in options})
    if isinstance(settings, Settings):
        check_together(settings)
    origins = dict.fromkeys(declarations(kind), declared.DEFAULT)
    return ResolvedSettings(settings, {**origins, **{option.name: option.origin(ctx) for option in options}})


def resolve(kind: type[S_co]) -> ResolvedSettings[S_co]:
    """The settings where no flags are: of the environment and of the file.

    Raises:
        InputError: a value that does not fit, or a name in the file that is no setting.
    """
    return resolved_of(SettingsCommand(None, kind=kind).make_context("kit", []), kind)


def read_file(file: Path) -> dict[str, str]:
    """The settings in a TOML file, as the text that they would be as flags; none where there is no file.

    Raises:
        InputError: it is not TOML, or has a name that is no setting.
    """
    if not file.is_file():
        return {}
    try:
        with file.open("rb") as stream:
            table = tomllib.load(stream)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_("{file} is not valid TOML: {error}; correct it.").format(file=file, error=error)) from error
    for name in table:
        if name not in declared.DECLARATIONS:
            raise InputError(f"{file}: {refusal(name, declared.DECLARATIONS)}")
    return {name: text_of(value) for name, value in table.items()}


def from_make() -> list[str]:
    """The names on make's command line that are for the kit."""
    return os.environ.get(FROM_MAKE, "").split()


def require_taken(command: click.Command, commands: Mapping[str, click.Command]) -> None:
    """Refuses what was given to make or in the environment and would be passed over in silence.

    A setting of another command may stay in the environment, which serves them all; make's command line is for one.

    Raises:
        InputError: KIT_<NAME> is no setting, or `make <command>` was given a setting that the command does not take.
    """
    taken, known = _taken(command), [name.upper() for name in declared.DECLARATIONS]
    for name in from_make():
        if name.lower() not in taken:
            takers = [each for each in ("local", "cloud", *commands) if name.lower() in _taken(commands[each])]
            raise InputError(
                _("{name} goes with `make {target}`; leave it out here.").format(name=name, target=takers[0])
                if takers
                else refusal(name, known)
            )
    if taken:
        for variable, value in os.environ.items():
            name = variable.removeprefix(PREFIX)
            if value and name not in (variable, *known) and variable != FROM_MAKE:
                raise InputError(refusal(name, known, PREFIX))


def _taken(command: click.Command) -> set[str]:
    """The names of the settings that a command takes; of a group, those of all in it."""
    if isinstance(command, click.Group):
        return {name for each in command.commands.values() for name in _taken(each)}
    return {option.name for option in command.params if isinstance(option, SettingOption)}
