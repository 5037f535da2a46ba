"""`kit draw PATH OUT`"""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.labels import parse_labels
from kit.detection.labelled_pictures import draw_labelled_pictures
from kit.language import _

_PATH = click.Path(path_type=Path)


@click.command(help=_("Draw the boxes of an annotation file on its pictures, into the folder OUT."))
@click.argument("path", type=_PATH)
@click.argument("out", type=_PATH)
@click.option(
    "--images", type=_PATH, help=_("The folder of the pictures; by default images/ beside PATH, or PATH's own.")
)
@click.option(
    "--labels",
    help=_("The classes in the order of their ids: a,b,c or a label category file; old=new renames one."),
)
@click.option(
    "--attribute",
    help=_("The label attribute of a Ground Truth manifest, or several (a,b); by default each line's newest."),
)
def draw(path: Path, out: Path, images: Path | None, labels: str | None, attribute: str | None) -> None:
    count = draw_labelled_pictures(
        path, out, images=images, labels=parse_labels(labels) if labels else None, attribute=attribute
    )
    click.echo(_("{out}: pictures drawn: {count}").format(out=out, count=count))
