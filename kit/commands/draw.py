"""`kit draw PATH OUT`"""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.labels import parse_labels
from kit.commands import annotation_options
from kit.detection.labelled_pictures import draw_labelled_pictures
from kit.language import _


@click.command(help=_("Draw the boxes of an annotation file on its pictures, into the folder OUT."))
@click.argument("path", type=annotation_options.PATH)
@click.argument("out", type=annotation_options.PATH)
@click.option(
    "--images",
    type=annotation_options.PATH,
    help=_("The folder of the pictures; by default images/ beside PATH, or PATH's own."),
)
@annotation_options.labels
@annotation_options.attribute
@annotation_options.known
@annotation_options.force
def draw(
    path: Path,
    out: Path,
    images: Path | None,
    labels: str | None,
    attribute: str | None,
    known: str | None,
    force: bool,
) -> None:
    count = draw_labelled_pictures(
        path,
        out,
        images=images,
        labels=parse_labels(labels) if labels else None,
        attribute=attribute,
        known=annotation_options.format_of(known),
        overwrite=force,
    )
    click.echo(_("{out}: pictures drawn: {count}").format(out=out, count=count))
