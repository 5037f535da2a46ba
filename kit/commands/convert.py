"""`kit convert IN OUT`"""

from __future__ import annotations

from pathlib import Path

import click

from kit.annotations.convert import Conversion
from kit.annotations.convert import convert as convert_file
from kit.annotations.formats.registry import Format
from kit.annotations.labels import parse_labels
from kit.language import _

_PATH = click.Path(path_type=Path)
_WRITABLE = [each.value for each in Format if each is not Format.LABEL_STUDIO]


@click.command(
    help="\n\n".join(
        [
            _("Convert annotations: Ground Truth, Label Studio, JumpStart, COCO."),
            _(
                "IN is recognised by its content. OUT is a .manifest (Ground Truth), a .json (COCO), or a folder, in "
                "which JumpStart's training/annotations.json and training/images/ are made."
            ),
        ]
    )
)
@click.argument("source", metavar="IN", type=_PATH)
@click.argument("target", metavar="OUT", type=_PATH)
@click.option("--to", type=click.Choice(_WRITABLE), help=_("The format to write; by default as the name of OUT asks."))
@click.option("--images", type=_PATH, help=_("The folder of the pictures: sizes are checked, JumpStart gets a copy."))
@click.option("--labels", help=_("The classes in the order of their ids: a,b,c or a label category file."))
@click.option("--attribute", help=_("The label attribute of a Ground Truth manifest; by default each line's newest."))
def convert(
    source: Path, target: Path, to: str | None, images: Path | None, labels: str | None, attribute: str | None
) -> None:
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
        _("{file} ({format}): pictures: {pictures}; boxes: {boxes}; classes: {classes}").format(
            file=done.annotations,
            format=done.format.value,
            pictures=written.pictures,
            boxes=written.boxes,
            classes=", ".join(done.labels),
        )
    ]
    lines += [
        _("  pictures left out, {reason}: {count}").format(reason=_(reason), count=count)
        for reason, count in sorted(written.left_out.items())
    ]
    if written.boxes_clipped:
        lines.append(_("  boxes clipped to their picture: {count}").format(count=written.boxes_clipped))
    if written.boxes_dropped:
        lines.append(
            _("  boxes dropped, nothing of them in their picture: {count}").format(count=written.boxes_dropped)
        )
    return "\n".join(lines)
