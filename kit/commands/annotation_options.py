"""The options that all commands have that read an annotation file."""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.formats.registry import Format
from kit.language import _

PATH = click.Path(path_type=Path)

labels = click.option(
    "--labels",
    help=_("The classes in the order of their ids: a,b,c or a label category file; old=new renames one."),
)
attribute = click.option(
    "--attribute",
    help=_("The label attribute of a Ground Truth manifest, or several (a,b); by default each line's newest."),
)
known = click.option(
    "--from",
    "known",
    metavar="FORMAT",
    type=click.Choice([each.value for each in Format]),
    help=_("The format of what is read, where its content is not to decide."),
)
force = click.option("--force", is_flag=True, help=_("Replace what is at OUT."))


def format_of(known: str | None) -> Format | None:
    """What `--from` names."""
    return Format(known) if known else None
