"""SageMaker Ground Truth's augmented manifest for bounding boxes: one JSON object a line.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html (bounding box job output) and
https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html. Boxes are left, top, width, height in pixels.

A file may carry the labels of several jobs (chained jobs). Unless some are named, the labels of a line are those of its
newest job (`creation-date`, then the order on the line) that did not fail; those of the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import orjson
from msgspec import Raw

from kit.annotations.account import Account
from kit.annotations.formats.ground_truth_ordinary import OrdinaryLines
from kit.annotations.formats.ground_truth_record import (
    attributes_of,
    chosen_attributes,
    metadata_of,
    picture_of_record,
)
from kit.annotations.formats.ground_truth_writer import JobLines
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.annotations.problems import MalformedError, OnUnreadable, Tally, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.streaming.json_stream import ROOT, elements, open_document
from kit.annotations.streaming.json_values import mapping, parsed
from kit.annotations.streaming.writing import replacing
from kit.language import _, marked

DEFAULT_ATTRIBUTE = "bounding-box"

# What messages call what has no name of its own.
_LINE = marked("the line")
# Ground Truth refuses input lines of 100 kB; a longer "line" than this is some other file, not to be held in memory.
_LONGEST_LINE = 16 * 1024 * 1024
# So much of a line tells whether the objects are in an array, or indented.
_BEGINNING = 1024
# As many label attributes are named in a message.
_MOST_NAMED = 20


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
    renames: Mapping[str, str] | None = None,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read an augmented manifest, or an input manifest (every picture is then unlabelled).

    Its objects may also stand in a JSON array, or be indented.

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` beside the file or
            one folder above, otherwise those found on the lines by reading the file once before.
        attribute: the label attribute to take, or several with commas between, whose boxes are then taken together;
            by default the newest of each line.
        renames: classes of the file that are to be called otherwise; here only to tell whether two names of a class id
            are one.
        on_unreadable: told of each line that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; lines disagree on the name of a class id and no labels are given. While
            iterating: a line that is no JSON object or lacks what the format promises; no line has the attribute.
    """
    wanted = tuple(dict.fromkeys(name.strip() for name in attribute.split(","))) if attribute else ()
    found = tuple(labels) if labels is not None else labels_beside(path)
    if found is None:
        found = _collect_labels(path, wanted, renames or {}, on_unreadable)
    account = Account()
    return AnnotationStream(found, _pictures(path, found, wanted, account, on_unreadable), account)


def write(
    path: Path,
    data: AnnotationStream,
    *,
    attribute: str = DEFAULT_ATTRIBUTE,
    created: datetime | None = None,
    by_people: bool = True,
) -> Written:
    """Write `data` as the output manifest of a labeling job.

    Unlabelled and skipped pictures become plain input lines, failed ones carry their reason, as Ground Truth does it.

    Args:
        attribute: the label attribute, and the job's name.
        created: the creation date of all labels, by default now.
        by_people: whether people drew the boxes, or a model (`human-annotated`).

    Raises:
        InputError: `path` cannot be written, or a box has a label that is not in `data.labels`.
    """
    when = created or datetime.now(timezone.utc).replace(tzinfo=None)
    selection = Selection(data.labels)
    lines = JobLines(attribute, when, data.labels, by_people=by_people)
    with replacing(path) as file:
        for picture in selection.every(data):
            file.write(_line(lines, picture))
    return selection.result()


def input_line(source: str) -> bytes:
    """The line of an input manifest: a picture still to be labelled."""
    return orjson.dumps({"source-ref": source}, option=orjson.OPT_APPEND_NEWLINE)


def output_line(picture: AnnotatedPicture, labels: Sequence[str], *, attribute: str, created: datetime) -> bytes:
    """The line of an output manifest for `picture`; an input line when nobody labelled it.

    Raises:
        InputError: a box has a label that is not in `labels`.
    """
    return _line(JobLines(attribute, created, labels), picture)


_LABELLED = LabelState.LABELLED  # once: before Python 3.12 looking it up runs Python code


def _line(lines: JobLines, picture: AnnotatedPicture) -> bytes:
    if picture.state is _LABELLED:
        return lines.labelled(picture)
    return lines.failed(picture) if picture.state is LabelState.FAILED else input_line(picture.source)


def _lines(path: Path, on_unreadable: OnUnreadable | None = None) -> Iterator[tuple[int, bytes]]:
    """The lines, numbered from 1, without blank ones; nothing after one that is longer than any manifest's.

    Of a JSON array its elements; of indented objects each as one line, by the number of its first.
    """
    with open_document(path) as file:
        beginnings = (line.rstrip() for line in iter(partial(file.readline, _BEGINNING), b"") if not line.isspace())
        first, second = next(beginnings, b""), next(beginnings, b"")
    if first.lstrip().startswith(b"[") and not first.startswith(b"[" * 2):
        yield from ((line, bytes(element)) for _list, line, element in elements(path, {ROOT: Raw}, on_unreadable))
        return
    indented = first == b"{" and second[:1] in (b" ", b"\t", b'"')
    with open_document(path) as file:
        waiting, begin = b"", 1
        for line, raw in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), start=1):
            if indented and not (waiting + raw).isspace():
                begin = begin if waiting else line
                waiting += raw
                if not raw.startswith(b"}") and len(waiting) < _LONGEST_LINE:
                    continue
                yield begin, waiting.rstrip().rstrip(b",")
                waiting = b""
            elif not raw.isspace():
                yield line, raw
            if len(raw) == _LONGEST_LINE:
                return
        if waiting:
            yield begin, waiting


def _pictures(
    path: Path, labels: Sequence[str], wanted: Sequence[str], account: Account, on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    ordinary = OrdinaryLines(wanted)
    others: dict[str, None] = {}
    missing = set(wanted)
    for line, raw in _lines(path, on_unreadable):
        picture = ordinary.picture(raw, line)
        if picture is None:
            try:
                record = mapping(parsed(raw), _LINE)
                picture = picture_of_record(record, line, labels=labels, wanted=wanted, account=account)
            except MalformedError as error:
                on_unreadable(path, line, str(error))
                continue
            if missing:
                there = attributes_of(record)
                missing.difference_update(there)
                others.update(dict.fromkeys(there) if len(others) < _MOST_NAMED else {})
        yield picture
    missing -= ordinary.attributes
    if missing and (others or ordinary.attributes):
        on_unreadable(
            path,
            0,
            _("no line has the label attribute {attribute}; there are: {others}").format(
                attribute=", ".join(sorted(missing)), others=", ".join(sorted({*others, *ordinary.attributes}))
            ),
        )


def _collect_labels(
    path: Path, wanted: Sequence[str], renames: Mapping[str, str], on_unreadable: OnUnreadable
) -> tuple[str, ...]:
    """The classes of all lines' class-maps by their ids. Lines that cannot be read are left to the reading.

    Of several attributes that are taken together each has ids of its own.
    """
    names: dict[tuple[int, int], str] = {}
    ordinary = OrdinaryLines(wanted)
    tally = Tally(path)
    for line, raw in _lines(path):
        class_map = ordinary.class_map(raw)
        if class_map is not None:
            maps = [(wanted.index(ordinary.attribute) if wanted else 0, class_map)]
        else:
            try:
                maps = list(_class_maps(raw, wanted))
            except MalformedError as error:
                tally.unusable(line, error)
                continue
        tally.usable += 1
        for place, class_map in maps:
            for class_id, given in class_map.items():
                name = renames.get(given, given)
                known = names.setdefault((place, class_id), name)
                if known != name:
                    _tell_two_names(path, line, class_id, (name, known), on_unreadable)
    return tuple(dict.fromkeys(names[key] for key in sorted(names)))


def _tell_two_names(path: Path, line: int, class_id: int, names: tuple[str, str], on_unreadable: OnUnreadable) -> None:
    name, known = names
    on_unreadable(
        path,
        line,
        _(
            "class id {key} is {name!r} here and {known!r} before; if they are one class, rename it: "
            "--labels {rename} (LABELS={rename}); if they are two, name all classes: --labels {both} (LABELS={both})"
        ).format(key=class_id, name=name, known=known, rename=f"{name}={known}", both=f"{known},{name}"),
    )


def _class_maps(raw: bytes, wanted: Sequence[str]) -> Iterator[tuple[int, dict[int, str]]]:
    """What any line calls its classes, as far as that can be read, for each of its attributes that are taken."""
    record = mapping(parsed(raw), _LINE)
    for name in chosen_attributes(record, wanted):
        class_map = metadata_of(record, name).get("class-map")
        if isinstance(class_map, dict):
            yield (
                wanted.index(name) if wanted else 0,
                {
                    int(key): label
                    for key, label in class_map.items()
                    if isinstance(label, str) and key.isdecimal() and len(key) < 10
                },
            )
