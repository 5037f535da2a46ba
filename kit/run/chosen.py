"""The run that RUN names, and the settings that it was begun with."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.run.journal import Journal
from kit.run.opening import identity, is_finished
from kit.setting_types import declarations, text_of
from kit.settings import DEFAULT, ResolvedSettings, Settings, source_of

_Settings = TypeVar("_Settings", bound=Settings)


def with_settings_of_its_run(resolved: ResolvedSettings[_Settings], track: str) -> ResolvedSettings[_Settings]:
    """The settings, with those that the run was begun with which RUN names; as they are where it names none.

    Raises:
        InputError: there is no such run, there is nothing to go on with, or it was begun with another value of a
            setting that was given.
    """
    settings = resolved.settings
    if settings.run is None:
        return resolved
    folder = run_folder.find(settings.runs, settings.run)
    journal = Journal.open(folder.journal)
    if journal.track != track:
        raise InputError(
            _("{run} is a run of `make {track}`; give RUN there.").format(run=folder.run_id, track=journal.track)
        )
    if is_finished(journal, folder):
        raise InputError(
            _("{run} is finished: `make status RUN={run}` shows it; without RUN there is a new run.").format(
                run=folder.run_id
            )
        )
    adopted: dict[str, Any] = {}
    for name, given in identity(settings).items():
        begun_with = journal.settings.get(name, given)
        if begun_with == given:
            continue
        if resolved.origins.get(name, DEFAULT) != DEFAULT:
            raise InputError(
                _("{run} was begun with {name}={value}: leave {given} out, or RUN for a run of its own.").format(
                    run=folder.run_id,
                    name=name.upper(),
                    value=text_of(begun_with),
                    given=source_of(name, resolved.origins[name]),
                )
            )
        adopted[name] = value_of(type(settings), name, begun_with)
    return dataclasses.replace(resolved, settings=dataclasses.replace(settings, **adopted))


def value_of(kind: type[Settings], name: str, begun_with: Any) -> Any:
    """A setting's value from the journal of a run."""
    return None if begun_with is None else declarations(kind)[name].type.convert(text_of(begun_with), None, None)
