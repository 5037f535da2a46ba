"""The settings of a command: its flags, KIT_<NAME> in the environment, and kit.toml, all by click.

Precedence: defaults < kit.toml < environment < flags. On make's command line a setting is `NAME=value`; the Makefile
hands it over as KIT_<NAME> and names it in KIT_FROM_MAKE. A setting that had another name before is known by both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from kit import settings as declared
from kit.errors import InputError
from kit.language import _
from kit.setting_conflicts import check_together
from kit.setting_names import refusal
from kit.setting_types import Declaration, declarations, expected, text_of
from kit.settings import (
    ResolvedSettings,
    RunsSettings,
    S_co,
    Settings,
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
        names = [name, *filter(None, [declaration.formerly])]
        self.variables = [PREFIX + each.upper() for each in names]
        super().__init__(
            [*(_flag(each) for each in names), name],
            type=declaration.type,
            default=default,
            envvar=self.variables,
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

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        given = {variable: value for variable in self.variables if (value := os.environ.get(variable))}
        if len(set(given.values())) > 1:
            raise _differ(_as_written(variable) for variable in given)
        return super().resolve_envvar_value(ctx)

    def origin(self, ctx: click.Context) -> str:
        """Where the value comes from, as `ResolvedSettings` has it."""
        source = ctx.get_parameter_source(self.name)
        if source == ParameterSource.COMMANDLINE:
            return self.opts[0]
        if source == ParameterSource.ENVIRONMENT:
            variable = next((each for each in self.variables if os.environ.get(each)), self.variables[0])
            return declared.MAKE if variable.removeprefix(PREFIX) in from_make() else variable
        return declared.FILE if source == ParameterSource.DEFAULT_MAP else declared.DEFAULT


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _as_written(variable: str) -> str:
    name = variable.removeprefix(PREFIX)
    return name if name in from_make() else variable


def _differ(names: Iterable[str]) -> InputError:
    """What to say where a setting has different values by both of its names."""
    return InputError(_("{names} are one setting, and differ; give one of them.").format(names=_(" and ").join(names)))


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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags = {each.partition("=")[0] for each in args}
        for option in self.params:
            if isinstance(option, SettingOption) and len(option.opts) > 1 and flags.issuperset(option.opts):
                raise _differ(option.opts)
        return super().parse_args(ctx, args)

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
    found: dict[str, str] = {}
    for name, value in table.items():
        current = declared.FORMER.get(name, name)
        if current not in declared.DECLARATIONS:
            raise InputError(f"{file}: {refusal(name, declared.DECLARATIONS)}")
        if found.setdefault(current, text_of(value)) != text_of(value):
            raise InputError(f"{file}: {_differ(each for each in table if declared.FORMER.get(each, each) == current)}")
    return found


def from_make() -> list[str]:
    """The names on make's command line that are for the kit."""
    return os.environ.get(FROM_MAKE, "").split()


def require_taken(command: click.Command, commands: Mapping[str, click.Command]) -> None:
    """Refuses what was given to make or in the environment and would be passed over in silence.

    A setting of another command may stay in the environment, which serves them all; make's command line is for one.

    Raises:
        InputError: KIT_<NAME> is no setting, or `make <command>` was given a setting that the command does not take.
    """
    taken, known = _taken(command), [name.upper() for name in (*declared.DECLARATIONS, *declared.FORMER)]
    for name in from_make():
        current = declared.FORMER.get(name.lower(), name.lower())
        if current not in taken:
            takers = [each for each in ("local", "cloud", *commands) if current in _taken(commands[each])]
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
