"""`kit convert IN OUT`"""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.convert import Conversion
from kit.annotations.convert import convert as convert_file
from kit.annotations.formats import Format
from kit.annotations.labels import parse_labels

_PATH = click.Path(path_type=Path)
_WRITABLE = [each.value for each in Format if each is not Format.LABEL_STUDIO]


@click.command()
@click.argument("source", metavar="IN", type=_PATH)
@click.argument("target", metavar="OUT", type=_PATH)
@click.option("--to", type=click.Choice(_WRITABLE), help="The format to write; by default as the name of OUT asks.")
@click.option("--images", type=_PATH, help="The folder of the pictures: sizes are checked, JumpStart gets a copy.")
@click.option("--labels", help="The classes in the order of their ids: a,b,c or a label category file.")
@click.option("--attribute", help="The label attribute of a Ground Truth manifest; by default each line's newest.")
def convert(
    source: Path, target: Path, to: str | None, images: Path | None, labels: str | None, attribute: str | None
) -> None:
    """Convert annotations: Ground Truth, Label Studio, JumpStart, COCO.

    IN is recognised by its content. OUT is a .manifest (Ground Truth), a .json (COCO), or a folder, in which
    JumpStart's training/annotations.json and training/images/ are made.
    """
    done = convert_file(
        source,
        target,
        to=Format(to) if to else None,
        images=images,
        labels=parse_labels(labels) if labels else None,
        attribute=attribute,
    )
    click.echo(_told(done))


def _told(done: Conversion) -> str:
    written = done.written
    lines = [
        f"{done.annotations} ({done.format.value}): pictures: {written.pictures}; boxes: {written.boxes}; "
        f"classes: {', '.join(done.labels)}"
    ]
    lines += [f"  pictures left out, {reason}: {count}" for reason, count in sorted(written.left_out.items())]
    if written.boxes_clipped:
        lines.append(f"  boxes clipped to their picture: {written.boxes_clipped}")
    if written.boxes_dropped:
        lines.append(f"  boxes dropped, nothing of them in their picture: {written.boxes_dropped}")
    return "\n".join(lines)
