"""`kit go-on`: ends labelling by hand early."""

from __future__ import annotations

import os

import click

from kit import settings as settings_module
from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder


@click.command("go-on", help=_("Let the run that waits for people to label go on with the labels there are."))
def go_on() -> None:
    runs = settings_module.resolve({}, os.environ).settings.runs
    folder = run_folder.latest(runs)
    if folder is None or not folder.lock.exists():
        raise InputError(
            _("No run is going on under {runs}; start one with `make local LABELER=human`.").format(runs=runs)
        )
    folder.go_on.touch()
    click.echo(_("{run} goes on with what is labelled.").format(run=folder.run_id))
