"""`kit check PATH`"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import click
import orjson

from kit.annotations.check import CheckSummary
from kit.annotations.check import check as check_file
from kit.annotations.labels import parse_labels
from kit.annotations.problems import Problem

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("path", type=_PATH)
@click.option("--images", type=_PATH, help="The folder of the pictures, to look for missing ones and compare sizes.")
@click.option("--labels", help="The classes there may be: a,b,c or a label category file.")
@click.option("--attribute", help="The label attribute of a Ground Truth manifest; by default each line's newest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: the problems, then the summary.")
def check(path: Path, images: Path | None, labels: str | None, attribute: str | None, as_json: bool) -> None:
    """Report every problem of an annotation file; exit status 1 when training would fail."""
    summary = check_file(
        path,
        _echo_problem if as_json else click.echo,
        images=images,
        labels=parse_labels(labels) if labels else None,
        attribute=attribute,
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
    states = ", ".join(f"{count} {state.value}" for state, count in summary.pictures.items()) or "none"
    boxes = ", ".join(f"{count} {label}" for label, count in summary.boxes.items()) or "none"
    verdict = "training would fail" if summary.training_would_fail else "fit to train on"
    return (
        f"{summary.file} ({summary.format.value}): pictures: {states}; boxes: {boxes}\n"
        f"errors: {summary.errors}; warnings: {summary.warnings}; {verdict}"
    )
