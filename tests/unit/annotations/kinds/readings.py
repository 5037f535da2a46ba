"""The three readings of labels, check, convert and the run's, held against each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.check import check
from kit.annotations.convert import convert
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.problems import Problem, Severity
from kit.console import Console
from kit.errors import InputError
from kit.run import picture_set
from kit.settings import Settings
from tests.unit.annotations.pictures import picture_file

_WRITTEN = (Format.COCO, Format.JUMPSTART, Format.YOLO, Format.VOC, Format.GROUND_TRUTH)
# What check alone says: of classes, of lines, of pictures that nobody labelled, of boxes at the edge.
_CHECKS_ALONE = (
    "too few to learn it", " already, with", "counts for nothing", "reaches outside", "is outside the picture",
    "is empty", "is inverted", "not labelled yet", "skipped by the person", "labelling failed", "not in the file",
    "its labels are of",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What all three agree on.

    Attributes:
        boxes: usable ones by class.
        remarks: what of the file is taken as something else, or left out.
    """

    boxes: dict[str, int]
    remarks: list[str]


def pictures(folder: Path, *names: str, size: tuple[int, int] = (100, 80)) -> Path:
    """The folder with pictures of that width and height in it."""
    for name in names:
        picture_file(folder / name, *size)
    return folder


def read_alike(path: Path, out: Path, images: Path | None = None, **options: Any) -> Told:
    """Asserts that check, convert into every format, and with `images` the run, count the same and say the same.

    Args:
        out: a folder for what is converted.
    """
    boxes, errors, warnings = told_by_check(path, images, **options)
    assert errors == []
    out.mkdir(exist_ok=True)
    remarks = [text for text in warnings if not any(each in text for each in _CHECKS_ALONE)]
    for to, access in formats.FORMATS.items():
        if access.write is None:
            continue
        done = convert(path, out / to.value, to=to, images=images, **options)
        assert [each.text for each in done.remarks] == remarks, to
        if to in (Format.JUMPSTART, Format.COCO):
            assert {label: count for label, count in done.written.by_label.items() if count} == boxes, to
    if images is not None:
        given = _by_run(path, images, **options)
        assert given[0] == boxes
        assert [text for text in given[1] if text in remarks] == remarks
    return Told(boxes, remarks)


def refused_alike(
    path: Path, out: Path, images: Path | None = None, *, to: Iterable[Format] = _WRITTEN, **options: Any
) -> list[str]:
    """Asserts that check finds errors, and that convert and the run stop and leave nothing; returns check's errors."""
    _boxes, errors, _warnings = told_by_check(path, images, **options)
    assert errors
    out.mkdir(exist_ok=True)
    for each in to:
        with pytest.raises(InputError):
            convert(path, out / each.value, to=each, images=images, **options)
    assert list(out.iterdir()) == []
    if images is not None:
        with pytest.raises(InputError):
            _by_run(path, images, **options)
    return errors


def told_by_check(
    path: Path, images: Path | None = None, **options: Any
) -> tuple[dict[str, int], list[str], list[str]]:
    """Boxes by class, errors and warnings."""
    problems: list[Problem] = []
    summary = check(path, problems.append, images=images, **options)
    by_severity: dict[Severity, list[str]] = {severity: [] for severity in Severity}
    for problem in problems:
        by_severity[problem.severity].append(problem.text)
    boxes = {label: count for label, count in summary.boxes.items() if count}
    return boxes, by_severity[Severity.ERROR], by_severity[Severity.WARNING]


def _by_run(path: Path, images: Path, **options: Any) -> tuple[dict[str, int], list[str]]:
    given = {name: options[name] for name in ("labels", "attribute") if name in options}
    found = picture_set.collect(Settings(images=images, annotations=path, **given), Console())
    assert found.given is not None
    boxes: dict[str, int] = {}
    for picture in found.given.pictures:
        for box in picture.boxes:
            if box.clipped(picture.width, picture.height):
                boxes[box.label] = boxes.get(box.label, 0) + 1
    return boxes, [each.text for each in found.remarks]
