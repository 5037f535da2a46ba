"""One line of an augmented manifest: which of its labels count, and the picture that they describe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kit.annotations.account import Account
from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import mapping, number, pixels, sequence, shown, text
from kit.language import _, marked

METADATA = "-metadata"
TASK_TYPE = "groundtruth/object-detection"

# What messages call a part of a line that has no name of its own.
_NAME = marked("a name in class-map")


OTHER_ATTRIBUTE = marked(
    "boxes of the label attribute {attribute}, left out for those of {taken}: {count}; --attribute {both} "
    "(ATTRIBUTE={both}) takes both"
)
UNWANTED_ATTRIBUTE = marked(
    "boxes of the label attribute {attribute}, left out where {wanted} is not on the line: {count}; "
    "--attribute {both} (ATTRIBUTE={both}) takes both"
)
OTHER_TYPE = marked("lines with labels of the type {type} ({attribute}), which are no boxes and are left out: {count}")
REJECTED = marked('pictures whose labels the verification {attribute} called "{name}", taken all the same: {count}')
NO_TYPE = marked(
    "lines whose labels ({attribute}) have no metadata that say their type, taken as bounding boxes: {count}"
)
INLINE = marked('lines with "source" in place of "source-ref", taken as the place of the picture: {count}')

_VERIFICATION = "groundtruth/label-verification"
# What verification jobs call labels that are as they should be; their classes are anybody's own words.
_GOOD = ("good", "correct", "right", "accept", "accepted", "approve", "approved", "pass", "passed", "ok", "yes")
_PLACE = re.compile(r"^(s3|https?)://|\.(jpe?g|png|webp|bmp|tiff?|gif|heic|heif|avif)$", re.IGNORECASE)


def picture_of_record(
    record: Mapping[str, Any],
    line: int = 0,
    *,
    labels: Sequence[str] = (),
    wanted: Sequence[str] = (),
    account: Account | None = None,
) -> AnnotatedPicture:
    """The picture that one parsed line describes.

    Args:
        labels: names class ids that the line's own class-map lacks.
        wanted: the label attributes to take, together; by default the newest that did not fail.
        account: told of the labels that are left out.

    Raises:
        MalformedError: the line is not what the format promises.
    """
    account = account or Account()
    source = _source(record, line, account)
    there = attributes_of(record)
    chosen = chosen_attributes(record, wanted)
    _note_others(record, there, chosen, wanted, line, account)
    other_type = _note_other_types(record, line, account)
    if not chosen:
        return AnnotatedPicture(source, 0, 0, (), LabelState.UNLABELLED, "" if there else other_type, line)
    usable = [name for name in chosen if not _failed(record, name)]
    if not usable:
        reason = str(metadata_of(record, chosen[0])["failure-reason"])
        return AnnotatedPicture(source, 0, 0, (), LabelState.FAILED, reason, line)
    width = height = 0
    boxes: list[BoundingBox] = []
    for name in usable:
        answer = mapping(record.get(name), name)
        size = _image_size(answer)
        if size != (0, 0) and (width or size[0], height or size[1]) != size:
            raise MalformedError(_("its label attributes disagree on the size of the picture"))
        width, height = width or size[0], height or size[1]
        names = _class_map(metadata_of(record, name))
        if "type" not in metadata_of(record, name):
            account.note(NO_TYPE, line, attribute=name)
        boxes += [_box(entry, names, labels) for entry in sequence(answer.get("annotations"), f"{name}.annotations")]
    return AnnotatedPicture(source, width, height, tuple(boxes), LabelState.LABELLED, "", line)


def chosen_attributes(record: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """The label attributes to take: by their -metadata twins, never by a job's name."""
    there = attributes_of(record)
    if wanted:
        return [name for name in wanted if name in there]
    if not there:
        return []
    # Of the same date the later on the line.
    ranks = [
        (not _failed(record, name), str(metadata_of(record, name).get("creation-date", "")), place)
        for place, name in enumerate(there)
    ]
    return [there[max(ranks)[2]]]


def attributes_of(record: Mapping[str, Any]) -> list[str]:
    """The label attributes of a line that hold boxes, in their order.

    By the type that their metadata say; where these are missing, or say none, by what is in the attribute itself.
    """
    names: dict[str, None] = {}
    for key, value in record.items():
        name = key.removesuffix(METADATA)
        metadata = metadata_of(record, name)
        # A failed line may lack the type.
        kind = metadata.get("type", TASK_TYPE if "failure-reason" in metadata else None)
        if kind == TASK_TYPE or (kind is None and _has_boxes(value)):
            names[name] = None
    return list(names)


def metadata_of(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is said of a label attribute; nothing where that is missing, or no object."""
    metadata = record.get(name + METADATA)
    return metadata if isinstance(metadata, dict) else {}


def _has_boxes(answer: Any) -> bool:
    boxes = answer.get("annotations") if isinstance(answer, dict) else None
    return isinstance(boxes, list) and any(isinstance(box, dict) and "left" in box for box in boxes)


def _failed(record: Mapping[str, Any], name: str) -> bool:
    return "failure-reason" in metadata_of(record, name)


def _source(record: Mapping[str, Any], line: int, account: Account) -> str:
    inline = record.get("source")
    if "source-ref" not in record and isinstance(inline, str) and _PLACE.search(inline):
        account.note(INLINE, line)
        return inline
    return text(record.get("source-ref"), "source-ref")


def _note_others(
    record: Mapping[str, Any],
    there: Sequence[str],
    chosen: Sequence[str],
    wanted: Sequence[str],
    line: int,
    account: Account,
) -> None:
    taken = ",".join(chosen or wanted)
    for name in there:
        answer = record.get(name)
        boxes = answer.get("annotations") if isinstance(answer, dict) else None
        if name in chosen or not isinstance(boxes, list) or not boxes:
            continue
        if chosen:
            account.lose(OTHER_ATTRIBUTE, line, len(boxes), attribute=name, taken=taken, both=f"{name},{taken}")
        else:
            account.lose(UNWANTED_ATTRIBUTE, line, len(boxes), attribute=name, wanted=taken, both=f"{name},{taken}")


def _note_other_types(record: Mapping[str, Any], line: int, account: Account) -> str:
    """The type of labels on the line that are no boxes, empty where there are none."""
    found = ""
    for key, metadata in record.items():
        kind = metadata.get("type") if key.endswith(METADATA) and isinstance(metadata, dict) else None
        if kind in (None, TASK_TYPE):
            continue
        attribute = key[: -len(METADATA)]
        if kind != _VERIFICATION:
            found = str(kind)
            account.lose(OTHER_TYPE, line, type=found, attribute=attribute)
        elif (name := str(metadata.get("class-name", ""))).lower() not in _GOOD:
            account.lose(REJECTED, line, attribute=attribute, name=name)
    return found


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
            raise MalformedError(
                _(
                    "class_id {value} is not in the line's class-map; name all classes, in the order of their ids "
                    "(--labels, LABELS)"
                ).format(value=shown(class_id))
            )
        label = labels[class_id]
    return BoundingBox(text(label, _NAME), left, top, left + width, top + height)
