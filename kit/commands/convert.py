"""`kit convert IN OUT`"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from kit.annotations.convert import Conversion
from kit.annotations.convert import convert as convert_file
from kit.annotations.formats.jumpstart import IMAGES
from kit.annotations.formats.registry import FORMATS, Format
from kit.annotations.labels import parse_labels
from kit.commands import annotation_options
from kit.language import _

_WRITABLE = [each.value for each, access in FORMATS.items() if access.write is not None]


@click.command(
    help="\n\n".join(
        [
            _("Convert annotations: {formats}.").format(formats=", ".join(each.value for each in Format)),
            _(
                "IN is recognised by its content. OUT is a .manifest (Ground Truth), a .json (COCO), or a folder, in "
                "which JumpStart's training/annotations.json and training/images/ are made. Every other format is "
                "written where --to names it."
            ),
        ]
    )
)
@click.argument("source", metavar="IN", type=annotation_options.PATH)
@click.argument("target", metavar="OUT", type=annotation_options.PATH)
@annotation_options.known
@click.option(
    "--to",
    metavar="FORMAT",
    type=click.Choice(_WRITABLE),
    help=_("The format to write; by default as the name of OUT asks."),
)
@click.option(
    "--images",
    type=annotation_options.PATH,
    help=_("The folder of the pictures: sizes are checked, JumpStart gets a copy."),
)
@annotation_options.labels
@annotation_options.attribute
@annotation_options.force
def convert(
    source: Path,
    target: Path,
    known: str | None,
    to: str | None,
    images: Path | None,
    labels: str | None,
    attribute: str | None,
    force: bool,
) -> None:
    done = convert_file(
        source,
        target,
        known=annotation_options.format_of(known),
        to=Format(to) if to else None,
        images=images,
        labels=parse_labels(labels) if labels else None,
        attribute=attribute,
        overwrite=force,
    )
    click.echo(_told(source, done))


def _told(source: Path, done: Conversion) -> str:
    """The account of a conversion: read, taken as something else, left out, written."""
    written = done.written
    before = Counter(written.by_label) + Counter(written.dropped_by_label)
    lines = [
        _("{file} ({format}): pictures: {pictures}; boxes: {boxes}").format(
            file=source, format=FORMATS[done.source_format].title, pictures=written.read, boxes=_counted(before)
        )
    ]
    lines += [
        _("  {text} (first: {place})").format(text=problem.text, place=f"{problem.file}:{problem.line}")
        if problem.line
        else f"  {problem.text}"
        for problem in done.remarks
    ]
    lines += [
        _("  pictures left out, {reason}: {count}").format(reason=_(reason), count=count)
        for reason, count in sorted(written.left_out.items())
    ]
    if written.merged:
        lines.append(
            _("  lines of pictures that were there already, whose boxes count as well: {count}").format(
                count=written.merged
            )
        )
    if written.boxes_clipped:
        lines.append(_("  boxes clipped to their picture: {count}").format(count=written.boxes_clipped))
    if written.boxes_dropped:
        lines.append(
            _("  boxes dropped, inverted, empty or outside their picture: {count}").format(count=written.boxes_dropped)
        )
    lines.append(
        _("{file} ({format}): pictures: {pictures}; boxes: {boxes}; classes: {classes}").format(
            file=done.annotations,
            format=done.format.value,
            pictures=written.pictures,
            boxes=_counted(written.by_label),
            classes=", ".join(done.labels),
        )
    )
    # As other converters do it, and JumpStart's layout alone needs the pictures turned upright and in its bucket.
    if done.format in (Format.YOLO, Format.VOC) and not (pictures := done.annotations / IMAGES).exists():
        lines.append(_("  pictures are not copied; put them into {folder}").format(folder=pictures))
    return "\n".join(lines)


def _counted(boxes: Mapping[str, int]) -> str:
    by_label = ", ".join(_("{count} {what}").format(count=count, what=label) for label, count in boxes.items())
    return f"{sum(boxes.values())} ({by_label})" if by_label else "0"
