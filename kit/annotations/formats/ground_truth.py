"""SageMaker Ground Truth's augmented manifest for bounding boxes: one JSON object a line.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html (bounding box job output) and
https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html. Boxes are left, top, width, height in pixels.

A file may carry the labels of several jobs (chained jobs). Unless one is named, the labels of a line are those of its
newest job (`creation-date`, then the order on the line) that did not fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import orjson

from kit.annotations.formats.ground_truth_ordinary import OrdinaryLines
from kit.annotations.formats.ground_truth_record import METADATA, label_attribute, picture_of_record
from kit.annotations.formats.ground_truth_writer import JobLines
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.streaming.json_stream import open_document
from kit.annotations.streaming.json_values import mapping, parsed
from kit.annotations.streaming.writing import replacing
from kit.language import _, marked

DEFAULT_ATTRIBUTE = "bounding-box"

# What messages call what has no name of its own.
_LINE = marked("the line")
# Ground Truth refuses input lines of 100 kB; a longer "line" than this is some other file, not to be held in memory.
_LONGEST_LINE = 16 * 1024 * 1024


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read an augmented manifest, or an input manifest (every picture is then unlabelled).

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` beside the file or
            one folder above, otherwise those found on the lines by reading the file once before.
        attribute: the label attribute to take; by default the newest of each line.
        on_unreadable: told of each line that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; lines disagree on the name of a class id and no labels are given. While
            iterating: a line that is no JSON object or lacks what the format promises.
    """
    found = tuple(labels) if labels is not None else labels_beside(path)
    if found is None:
        found = _collect_labels(path, attribute, on_unreadable)
    return AnnotationStream(found, _pictures(path, found, attribute, on_unreadable))


def write(
    path: Path,
    data: AnnotationStream,
    *,
    attribute: str = DEFAULT_ATTRIBUTE,
    created: datetime | None = None,
) -> Written:
    """Write `data` as the output manifest of a labeling job.

    Unlabelled and skipped pictures become plain input lines, failed ones carry their reason, as Ground Truth does it.

    Args:
        attribute: the label attribute, and the job's name.
        created: the creation date of all labels, by default now.

    Raises:
        InputError: `path` cannot be written, or a box has a label that is not in `data.labels`.
    """
    when = created or datetime.now(timezone.utc).replace(tzinfo=None)
    selection = Selection(data.labels)
    lines = JobLines(attribute, when, data.labels)
    labelled = LabelState.LABELLED  # once: before Python 3.12 looking it up runs Python code
    with replacing(path) as file:
        for picture in data.pictures:
            if picture.state is labelled:
                kept = selection.fitted(picture)
                file.write(lines.labelled(kept))
            else:
                kept = picture
                file.write(_unlabelled(lines, picture))
            selection.count(kept)
    return selection.result()


def input_line(source: str) -> bytes:
    """The line of an input manifest: a picture still to be labelled."""
    return orjson.dumps({"source-ref": source}, option=orjson.OPT_APPEND_NEWLINE)


def output_line(picture: AnnotatedPicture, labels: Sequence[str], *, attribute: str, created: datetime) -> bytes:
    """The line of an output manifest for `picture`; an input line when nobody labelled it.

    Raises:
        InputError: a box has a label that is not in `labels`.
    """
    lines = JobLines(attribute, created, labels)
    return lines.labelled(picture) if picture.state is LabelState.LABELLED else _unlabelled(lines, picture)


def _unlabelled(lines: JobLines, picture: AnnotatedPicture) -> bytes:
    return lines.failed(picture) if picture.state is LabelState.FAILED else input_line(picture.source)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines, numbered from 1, without blank ones; nothing after one that is longer than any manifest's."""
    with open_document(path) as file:
        for line, raw in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), start=1):
            if not raw.isspace():
                yield line, raw
            if len(raw) == _LONGEST_LINE:
                return


def _pictures(
    path: Path, labels: Sequence[str], attribute: str | None, on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    ordinary = OrdinaryLines(attribute)
    for line, raw in _lines(path):
        picture = ordinary.picture(raw, line)
        if picture is None:
            try:
                record = mapping(parsed(raw), _LINE)
                picture = picture_of_record(record, line, labels=labels, attribute=attribute)
            except MalformedError as error:
                on_unreadable(path, line, str(error))
                continue
        yield picture


def _collect_labels(path: Path, attribute: str | None, on_unreadable: OnUnreadable) -> tuple[str, ...]:
    """The classes of all lines' class-maps by their ids. Lines that cannot be read are left to the reading."""
    names: dict[int, str] = {}
    ordinary = OrdinaryLines(attribute)
    for line, raw in _lines(path):
        class_map = ordinary.class_map(raw)
        if class_map is None:
            class_map = _class_map(raw, attribute)
        for key, name in class_map.items():
            known = names.setdefault(key, name)
            if known != name:
                on_unreadable(
                    path,
                    line,
                    _(
                        "class id {key} is {name!r} here and {known!r} before; name the label attribute, or the labels"
                    ).format(key=key, name=name, known=known),
                )
    return tuple(dict.fromkeys(names[key] for key in sorted(names)))


def _class_map(raw: bytes, attribute: str | None) -> dict[int, str]:
    """What any line calls its classes, as far as that can be read."""
    try:
        record = mapping(parsed(raw), _LINE)
    except MalformedError:
        return {}
    chosen = label_attribute(record, attribute)
    class_map = record[chosen + METADATA].get("class-map") if chosen is not None else None
    if not isinstance(class_map, dict):
        return {}
    return {
        int(key): name for key, name in class_map.items() if isinstance(name, str) and key.isdecimal() and len(key) < 10
    }
