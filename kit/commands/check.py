"""`kit check PATH`"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from kit.annotations.check import CheckSummary
from kit.annotations.check import check as check_file
from kit.annotations.labels import parse_labels
from kit.annotations.problems import Problem
from kit.commands import annotation_options
from kit.language import _


@click.command(help=_("Report every problem of an annotation file; exit status 1 when training would fail."))
@click.argument("path", type=annotation_options.PATH)
@click.option(
    "--images",
    type=annotation_options.PATH,
    help=_("The folder of the pictures, to look for missing ones and compare sizes."),
)
@annotation_options.labels
@annotation_options.attribute
@annotation_options.known
@click.option(
    "--json", "as_json", is_flag=True, help=_("Print one JSON object a line: the problems, then the summary.")
)
def check(
    path: Path, images: Path | None, labels: str | None, attribute: str | None, known: str | None, as_json: bool
) -> None:
    summary = check_file(
        path,
        _echo_problem if as_json else click.echo,
        images=images,
        labels=parse_labels(labels) if labels else None,
        attribute=attribute,
        known=annotation_options.format_of(known),
    )
    if as_json:
        _echo_summary(summary)
    else:
        click.echo(_told(summary))
    if summary.training_would_fail:
        sys.exit(1)


def _echo_problem(problem: Problem) -> None:
    _echo(dataclasses.asdict(problem))


def _echo_summary(summary: CheckSummary) -> None:
    pictures = {state.value: count for state, count in summary.pictures.items()}
    fails = summary.training_would_fail
    _echo({**dataclasses.asdict(summary), "pictures": pictures, "training_would_fail": fails})


def _echo(content: dict[str, Any]) -> None:
    click.echo(orjson.dumps(content, default=str).decode())


def _told(summary: CheckSummary) -> str:
    states = _counted({_(state.value): count for state, count in summary.pictures.items()})
    return "\n".join(
        [
            _("{file} ({format}): pictures: {states}; boxes: {boxes}").format(
                file=summary.file, format=summary.format.value, states=states, boxes=_counted(summary.boxes)
            ),
            _("errors: {errors}; warnings: {warnings}; {verdict}").format(
                errors=summary.errors,
                warnings=summary.warnings,
                verdict=_("training would fail") if summary.training_would_fail else _("fit to train on"),
            ),
            _("what to mend first: {problem}").format(problem=summary.first) if summary.first else _("nothing to mend"),
        ]
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(_("{count} {what}").format(count=count, what=what) for what, count in counts.items()) or _("none")
