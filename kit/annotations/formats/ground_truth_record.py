"""One line of an augmented manifest: which of its labels count, and the picture that they describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import mapping, number, pixels, sequence, shown, text
from kit.language import _, marked

METADATA = "-metadata"
TASK_TYPE = "groundtruth/object-detection"

# What messages call a part of a line that has no name of its own.
_NAME = marked("a name in class-map")


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
    chosen = label_attribute(record, attribute)
    if chosen is None:
        return AnnotatedPicture(source, 0, 0, (), LabelState.UNLABELLED, "", line)
    metadata = record[chosen + METADATA]
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


def label_attribute(record: Mapping[str, Any], wanted: str | None) -> str | None:
    """The label attribute to take: by its -metadata twin, never by a job's name."""
    chosen: str | None = None
    best: tuple[bool, str] | None = None
    for key, metadata in record.items():
        if not key.endswith(METADATA) or not isinstance(metadata, dict):
            continue
        name = key[: -len(METADATA)]
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
