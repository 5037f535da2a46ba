"""Label Studio's tasks: its JSON export (a list of tasks), or tasks as its API gives them.

Source: https://labelstud.io/guide/export.html#Label-Studio-JSON-format-of-annotated-tasks; a box has x, y, width and
height in percent of the picture and `rotation`, degrees clockwise about its (x, y) corner.

Of several annotations of a task one counts: of those not skipped, the one marked as ground truth, else the one
submitted or updated last. Drafts never count. All skipped: the picture is skipped. None: it is unlabelled.
A rotated box becomes the upright rectangle around it. Results other than rectangles with labels are passed over.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from kit.annotations.formats.label_studio_boxes import edges
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.streaming.json_stream import ROOT, elements
from kit.annotations.streaming.json_values import mapping, number, parsed, pixels, sequence, shown, text
from kit.annotations.streaming.ordinary import Percent, Size, Text
from kit.language import _, marked

_RECTANGLE = "rectanglelabels"
# An uploaded file is kept as upload/<project>/<first 8 hex digits of a UUID>-<name>.
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")
# What messages call parts of an export that have no name of their own.
_TASK, _ANNOTATION = marked("the task"), marked("an annotation")
_RESULT, _LABEL = marked("a result"), marked("a label")
_PICTURE = re.compile(r"\.(jpe?g|png)$", re.IGNORECASE)


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    image_field: str | None = None,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read a JSON export.

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` beside the file or one
            folder above; otherwise those used in the file, alphabetically: an export does not say their order.
        image_field: the key of a task's `data` that holds the picture; see `picture_of_task`.
        on_unreadable: told of each task that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid JSON, or a task lacks what is promised.
    """
    found = tuple(labels) if labels is not None else labels_beside(path)
    if found is None:
        used = {box.label for picture in _pictures(path, image_field, None) for box in picture.boxes}
        found = tuple(sorted(used))
    return AnnotationStream(found, _pictures(path, image_field, on_unreadable))


def picture_of_task(task: Mapping[str, Any], line: int = 0, *, image_field: str | None = None) -> AnnotatedPicture:
    """The picture and boxes of one task; boxes in whole pixels, clipped to the picture.

    A box with nothing inside the picture is kept as it is, for `check` to report and writers to drop.
    Its size is 0 when nobody drew a box: Label Studio notes it with the boxes only.

    Args:
        image_field: the key of `data` that holds the picture; by default `image`, else the one that names a picture.

    Raises:
        MalformedError: the task is not what Label Studio exports.
    """
    source = source_of(mapping(task.get("data"), "data"), image_field)
    annotations = [mapping(each, _ANNOTATION) for each in sequence(task.get("annotations"), "annotations")]
    submitted = [each for each in annotations if not each.get("was_cancelled")]
    if not submitted:
        state = LabelState.SKIPPED if annotations else LabelState.UNLABELLED
        return AnnotatedPicture(source, 0, 0, (), state, "", line)
    chosen = max(submitted, key=_precedence)
    picture = AnnotatedPicture(source, 0, 0, line=line)
    boxes: list[BoundingBox] = []
    for entry in sequence(chosen.get("result"), "result"):
        result = mapping(entry, _RESULT)
        if result.get("type") != _RECTANGLE:
            continue
        if result.get("image_rotation"):
            reason = marked("it was labelled while turned in Label Studio; turn it back there and label it again")
            return replace(picture, state=LabelState.FAILED, reason=reason)
        width = pixels(result.get("original_width"), "original_width")
        height = pixels(result.get("original_height"), "original_height")
        if not (width and height):
            raise MalformedError(_("a box has no original_width and original_height"))
        if (picture.width or width, picture.height or height) != (width, height):
            raise MalformedError(_("its boxes disagree on the size of the picture"))
        picture = replace(picture, width=width, height=height)
        boxes.extend(_boxes(mapping(result.get("value"), "value"), width, height))
    return replace(picture, boxes=tuple(boxes))


def source_of(data: Mapping[str, Any], image_field: str | None = None) -> str:
    """Where the picture of a task is: its S3 URI, or the path or name behind Label Studio's own addresses.

    Raises:
        MalformedError: there is no picture, or it is not clear which value it is.
    """
    field = image_field or "image"
    value = data.get(field)
    if value is None and image_field is None:
        candidates = [each for each in data.values() if isinstance(each, str) and _PICTURE.search(each)]
        if len(candidates) != 1:
            raise MalformedError(
                _("data has no field image, and {count} others name a picture").format(count=len(candidates))
            )
        value = candidates[0]
    if isinstance(value, str) and value.startswith("s3://"):
        return value
    address = text(value, f"data.{field}")
    try:
        parts = urlsplit(address)
    except ValueError as error:  # brackets, of which an address may have one pair
        raise MalformedError(
            _("{name} is {value}, not an address").format(name=f"data.{field}", value=shown(address))
        ) from error
    if parts.path.endswith("/resolve/") and (hidden := parse_qs(parts.query).get("fileuri")):
        return _stored_uri(hidden[0])
    if not parts.scheme and not parts.path.startswith("/data/"):
        return address
    if parts.path.endswith("/data/local-files/"):
        return text(parse_qs(parts.query).get("d", [""])[0], "the d of data.image")
    path = unquote(parts.path)
    if "/data/upload/" in path:
        folder, _slash, name = path.rpartition("/")
        return f"{folder}/{_UPLOAD_PREFIX.sub('', name)}"
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.scheme else path


def _stored_uri(hidden: str) -> str:
    """The URI in an address by which Label Studio passes on a picture of its storage, `/tasks/1/resolve/?fileuri=…`."""
    try:
        return base64.urlsafe_b64decode(hidden).decode()
    except ValueError as error:
        raise MalformedError(_("fileuri {value} is not base64").format(value=shown(hidden))) from error


def _precedence(annotation: Mapping[str, Any]) -> tuple[bool, str, int]:
    """Times are ISO 8601 in UTC, so that text order is time order."""
    when = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    identity = annotation.get("id")
    return bool(annotation.get("ground_truth")), when, identity if isinstance(identity, int) else 0


def _boxes(value: Mapping[str, Any], width: int, height: int) -> Iterator[BoundingBox]:
    """A box for each label of a rectangle."""
    try:
        x, y, across, down = (number(value[key], key) for key in ("x", "y", "width", "height"))
    except KeyError as error:
        raise MalformedError(_("{value} has no {key}").format(value=shown(dict(value)), key=error)) from error
    rotation = number(value.get("rotation") or 0, "rotation")
    found = edges(x, y, across, down, rotation, float(width), float(height))
    for label in sequence(value.get(_RECTANGLE), _RECTANGLE):
        yield BoundingBox(text(label, _LABEL), *found)


class _Value(Struct, gc=False):
    x: Percent
    y: Percent
    width: Percent
    height: Percent
    rectanglelabels: list[Text]
    rotation: Percent | None = None


class _Result(Struct, gc=False):
    type: Literal["rectanglelabels"]
    original_width: Size
    original_height: Size
    value: _Value
    image_rotation: Literal[0] | None = None


class _Annotation(Struct, gc=False):
    result: Annotated[list[_Result], Meta(min_length=1)]
    was_cancelled: bool | None = None


class _Task(Struct, gc=False):
    """One annotation, and nothing in it but boxes: at least one, which tells the size of the picture."""

    data: dict[str, Any]
    annotations: Annotated[list[_Annotation], Meta(min_length=1, max_length=1)]


def _ordinary(task: _Task, line: int, image_field: str | None) -> AnnotatedPicture | None:
    """The picture of such a task; None where there is more to it, for `picture_of_task` to judge.

    Raises:
        MalformedError: see `source_of`.
    """
    (annotation,) = task.annotations
    if annotation.was_cancelled:
        return None
    results = annotation.result
    width, height = results[0].original_width, results[0].original_height
    across, down = float(width), float(height)
    boxes = []
    for result in results:
        if result.original_width != width or result.original_height != height:
            return None
        value = result.value
        left, top, right, bottom = edges(value.x, value.y, value.width, value.height, value.rotation, across, down)
        for label in value.rectanglelabels:
            boxes.append(BoundingBox(label, left, top, right, bottom))
    return AnnotatedPicture(source_of(task.data, image_field), width, height, tuple(boxes), line=line)


def _pictures(path: Path, image_field: str | None, on_unreadable: OnUnreadable | None) -> Iterator[AnnotatedPicture]:
    for _list, line, element in elements(path, {ROOT: _Task}, on_unreadable):
        try:
            picture = None if isinstance(element, Raw) else _ordinary(element, line, image_field)
            if picture is None:
                task = mapping(parsed(element), _TASK)
                picture = picture_of_task(task, line, image_field=image_field)
        except MalformedError as error:
            if on_unreadable is not None:
                on_unreadable(path, line, _("task {line}: {error}").format(line=line, error=error))
            continue
        yield picture
