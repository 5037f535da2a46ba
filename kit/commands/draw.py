"""`kit draw PATH OUT`"""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.labels import parse_labels
from kit.detection.labelled_pictures import draw_labelled_pictures

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("path", type=_PATH)
@click.argument("out", type=_PATH)
@click.option("--images", type=_PATH, help="The folder of the pictures; by default images/ beside PATH, or PATH's own.")
@click.option("--labels", help="The classes in the order of their ids: a,b,c or a label category file.")
@click.option("--attribute", help="The label attribute of a Ground Truth manifest; by default each line's newest.")
def draw(path: Path, out: Path, images: Path | None, labels: str | None, attribute: str | None) -> None:
    """Draw the boxes of an annotation file on its pictures, into the folder OUT."""
    count = draw_labelled_pictures(
        path, out, images=images, labels=parse_labels(labels) if labels else None, attribute=attribute
    )
    click.echo(f"{out}: pictures drawn: {count}")
