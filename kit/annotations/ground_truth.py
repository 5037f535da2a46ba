"""SageMaker Ground Truth's augmented manifest for bounding boxes: one JSON object a line.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html (bounding box job output) and
https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html. Boxes are left, top, width, height in pixels.

A file may carry the labels of several jobs (chained jobs). Unless one is named, the labels of a line are those of its
newest job (`creation-date`, then the order on the line) that did not fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import orjson

from kit.annotations.json_stream import open_document
from kit.annotations.json_values import compact, mapping, number, pixels, sequence, shown, text
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.writing import replacing
from kit.errors import InputError
from kit.language import _, marked

TASK_TYPE = "groundtruth/object-detection"
DEFAULT_ATTRIBUTE = "bounding-box"

_METADATA = "-metadata"
# What messages call parts of a line that have no name of their own.
_LINE, _NAME = marked("the line"), marked("a name in class-map")
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
    with replacing(path) as file:
        for picture in data.pictures:
            kept = selection.fitted(picture) if picture.state is LabelState.LABELLED else picture
            file.write(output_line(kept, data.labels, attribute=attribute, created=when))
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
    if picture.state in (LabelState.UNLABELLED, LabelState.SKIPPED):
        return input_line(picture.source)
    metadata: dict[str, Any] = {
        "type": TASK_TYPE,
        "human-annotated": "yes",
        "creation-date": created.isoformat(timespec="microseconds"),
        "job-name": f"labeling-job/{attribute}",
    }
    record: dict[str, Any] = {"source-ref": picture.source}
    if picture.state is LabelState.FAILED:
        metadata["failure-reason"] = picture.reason
        record[attribute + _METADATA] = metadata
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    annotations = []
    class_map = {}
    for box in picture.boxes:
        if box.label not in labels:
            raise InputError(
                _("{picture}: {label!r} is none of the classes {labels}").format(
                    picture=picture.source, label=box.label, labels=", ".join(labels)
                )
            )
        class_id = labels.index(box.label)
        class_map[str(class_id)] = box.label
        annotations.append(
            {
                "class_id": class_id,
                "left": compact(box.left),
                "top": compact(box.top),
                "width": compact(box.width),
                "height": compact(box.height),
            }
        )
    record[attribute] = {
        "image_size": [{"width": picture.width, "height": picture.height, "depth": 3}],
        "annotations": annotations,
    }
    # A single worker's confidence is 0: not a score.
    metadata["objects"] = [{"confidence": 0.0} for _ in annotations]
    metadata["class-map"] = class_map
    record[attribute + _METADATA] = metadata
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def picture_of_record(
    record: Mapping[str, Any], line: int = 0, *, labels: Sequence[str] = (), attribute: str | None = None
) -> AnnotatedPicture:
    """The picture that one parsed line describes.

    Args:
        labels: names class ids that the line's own class-map lacks.

    Raises:
        MalformedError: the line is not what the format promises.
    """
    source = text(record.get("source-ref"), "source-ref")
    chosen = _label_attribute(record, attribute)
    if chosen is None:
        return AnnotatedPicture(source, 0, 0, (), LabelState.UNLABELLED, "", line)
    metadata = record[chosen + _METADATA]
    if "failure-reason" in metadata:
        reason = str(metadata["failure-reason"])
        return AnnotatedPicture(source, 0, 0, (), LabelState.FAILED, reason, line)
    answer = mapping(record.get(chosen), chosen)
    width, height = _image_size(answer)
    names = _class_map(metadata)
    boxes = tuple(
        [_box(entry, names, labels) for entry in sequence(answer.get("annotations"), f"{chosen}.annotations")]
    )
    return AnnotatedPicture(source, width, height, boxes, LabelState.LABELLED, "", line)


def _label_attribute(record: Mapping[str, Any], wanted: str | None) -> str | None:
    """The label attribute to take: by its -metadata twin, never by a job's name."""
    chosen: str | None = None
    best: tuple[bool, str] | None = None
    for key, metadata in record.items():
        if not key.endswith(_METADATA) or not isinstance(metadata, dict):
            continue
        name = key[: -len(_METADATA)]
        failed = "failure-reason" in metadata
        # A failed line may lack the type.
        kind = metadata.get("type", TASK_TYPE if failed else None)
        if kind != TASK_TYPE or (wanted is not None and name != wanted):
            continue
        rank = (not failed, str(metadata.get("creation-date", "")))
        if best is None or rank >= best:
            chosen, best = name, rank
    return chosen


def _image_size(answer: Mapping[str, Any]) -> tuple[int, int]:
    sizes = answer.get("image_size")
    if not sizes:
        return 0, 0
    size = mapping(sequence(sizes, "image_size")[0], "image_size[0]")
    return pixels(size.get("width"), "image_size width"), pixels(size.get("height"), "image_size height")


def _class_map(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return mapping(metadata.get("class-map", {}), "class-map")


def _box(entry: Any, names: Mapping[str, Any], labels: Sequence[str]) -> BoundingBox:
    try:
        class_id = entry["class_id"]
        left, top = number(entry["left"], "left"), number(entry["top"], "top")
        width, height = number(entry["width"], "width"), number(entry["height"], "height")
    except (KeyError, TypeError) as error:
        raise MalformedError(
            _("{value} is no box: it needs class_id, left, top, width and height").format(value=shown(entry))
        ) from error
    label = names.get(str(class_id))
    if label is None:
        if type(class_id) is not int or not 0 <= class_id < len(labels):
            raise MalformedError(_("class_id {value} is not in the line's class-map").format(value=shown(class_id)))
        label = labels[class_id]
    return BoundingBox(text(label, _NAME), left, top, left + width, top + height)


def _records(path: Path, on_unreadable: OnUnreadable | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines as JSON objects, numbered from 1, without blank ones."""
    with open_document(path) as file:
        for line, raw in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), start=1):
            if raw.isspace():
                continue
            try:
                record = mapping(orjson.loads(raw), _LINE)
            except orjson.JSONDecodeError as error:
                if on_unreadable is not None:
                    on_unreadable(
                        path, line, _("not valid JSON ({reason}); was the file cut off?").format(reason=error.msg)
                    )
                if len(raw) == _LONGEST_LINE:
                    return
                continue
            except MalformedError as error:
                if on_unreadable is not None:
                    on_unreadable(path, line, str(error))
                continue
            yield line, record


def _pictures(
    path: Path, labels: Sequence[str], attribute: str | None, on_unreadable: OnUnreadable
) -> Iterator[AnnotatedPicture]:
    for line, record in _records(path, on_unreadable):
        try:
            picture = picture_of_record(record, line, labels=labels, attribute=attribute)
        except MalformedError as error:
            on_unreadable(path, line, str(error))
            continue
        yield picture


def _collect_labels(path: Path, attribute: str | None, on_unreadable: OnUnreadable) -> tuple[str, ...]:
    """The classes of all lines' class-maps by their ids. Lines that cannot be read are left to the reading."""
    names: dict[str, str] = {}
    for line, record in _records(path, None):
        chosen = _label_attribute(record, attribute)
        class_map = record[chosen + _METADATA].get("class-map") if chosen is not None else None
        if not isinstance(class_map, dict):
            continue
        for key, name in class_map.items():
            known = names.get(key)
            if known == name or not isinstance(name, str) or not (key.isdecimal() and len(key) < 10):
                continue
            if known is None:
                names[key] = name
            else:
                on_unreadable(
                    path,
                    line,
                    _(
                        "class id {key} is {name!r} here and {known!r} before; name the label attribute, or the labels"
                    ).format(key=key, name=name, known=known),
                )
    return tuple(dict.fromkeys(names[key] for key in sorted(names, key=int)))
