"""The name of a run as an argument, with its completion by the shell."""

from __future__ import annotations

import click

from kit.commands.setting_flags import resolve
from kit.errors import KitError
from kit.run.folder import every
from kit.settings import RunsSettings


def run_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The runs that there are, and `latest`."""
    try:
        runs = resolve(RunsSettings).settings.runs
    except KitError:
        return []  # the command itself will say what is wrong
    found = ["latest", *(folder.run_id for folder in every(runs))]
    return [name for name in found if name.startswith(incomplete)]


# `kit status <name>` is `kit status --run <name>`, which make's command line can say too.
RUN = click.argument("name", metavar="[RUN]", required=False, shell_complete=run_names)
