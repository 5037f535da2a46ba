"""The answer of a JumpStart object detection endpoint.

    {"normalized_boxes": [[0.1, 0.2, 0.5, 0.6]], "classes": [0.0], "scores": [0.97], "labels": ["usb-a", …]}

Boxes are left, top, right, bottom in 0..1, as a deployed endpoint sends them (one page of documentation has another
order): `_edges` is the one place that knows. `classes` index into `labels` and come as floats, integers or text;
`labels` are there only when the request asked for a verbose answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from kit.annotations.model import BoundingBox
from kit.errors import ServiceError
from kit.language import _


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing found: a box inside the upright picture, and its `score` in 0..1."""

    box: BoundingBox
    score: float


def parse(body: bytes, labels: Sequence[str], width: int, height: int) -> tuple[Detection, ...]:
    """The detections in an answer, best score first.

    Boxes are clipped to the picture; those with nothing inside, and padding (class or score below 0), are none.

    Args:
        labels: the data set's own classes, for an answer without labels, or one that calls them by number; if there
            are none either, "0", "1", …
        width, height: of the upright picture, in pixels.

    Raises:
        ServiceError: the answer is not of this form.
    """
    answer = _answer(body)
    boxes, classes, scores = (_list(answer, key) for key in ("normalized_boxes", "classes", "scores"))
    if not len(boxes) == len(classes) == len(scores):
        raise _malformed(
            _("{boxes} boxes, {classes} classes and {scores} scores").format(
                boxes=len(boxes), classes=len(classes), scores=len(scores)
            ),
            body,
        )
    sent = answer.get("labels") or ()
    if not isinstance(sent, Sequence) or isinstance(sent, str):
        raise _malformed(_("labels are not a list"), body)
    names = _class_names(sent, labels)
    try:
        found = list(_detections(zip(boxes, classes, scores, strict=True), width, height, names))
    except (TypeError, ValueError, OverflowError) as error:
        raise _malformed(str(error), body) from error
    return tuple(sorted(found, key=lambda detection: -detection.score))


def labels_of(body: bytes, labels: Sequence[str]) -> tuple[str, ...]:
    """The names of all classes that an answer is about, in the order of their ids; arguments and errors as `parse`."""
    sent = _answer(body).get("labels")
    return tuple(map(str, _class_names(sent if isinstance(sent, list) else (), labels)))


def _detections(
    entries: Iterator[tuple[Any, Any, Any]], width: int, height: int, labels: Sequence[Any]
) -> Iterator[Detection]:
    for box, class_, value in entries:
        score = float(value)
        label = _label(class_, labels)
        left, top, right, bottom = _edges(box)
        if not all(math.isfinite(number) for number in (score, left, top, right, bottom)):
            raise ValueError(_("a number that is not finite"))
        left, right = max(0.0, left) * width, min(1.0, right) * width
        top, bottom = max(0.0, top) * height, min(1.0, bottom) * height
        if label is not None and score >= 0 and left < right and top < bottom:
            yield Detection(BoundingBox(label, left, top, right, bottom), score)


def _class_names(sent: Sequence[Any], known: Sequence[str]) -> Sequence[Any]:
    """The class names that the endpoint sent, or the data set's own where it sent only numbers.

    Classes may be called by numbers themselves, in any order: what the endpoint then sends as they are is not counted.
    """
    if list(sent) == list(known):
        return known
    numbers = {str(class_id): label for class_id, label in enumerate(known)}
    if sent and all(str(name).removesuffix(".0") in numbers for name in sent):
        return [numbers[str(name).removesuffix(".0")] for name in sent]
    return sent or known


def _edges(box: Sequence[Any]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return float(left), float(top), float(right), float(bottom)


def _label(class_: Any, labels: Sequence[Any]) -> str | None:
    """The label of a class index, of a label itself, or None for padding."""
    try:
        number = float(class_)
    except ValueError:
        return str(class_)  # trained on label strings
    if not number.is_integer():
        raise ValueError(_("class {number} is no index").format(number=class_))
    index = int(number)
    if index < 0:
        return None
    if not labels:
        return str(index)
    if index >= len(labels):
        raise ValueError(_("class {number}, but only {count} labels").format(number=index, count=len(labels)))
    return str(labels[index])


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(_("not JSON"), body) from error
    if not isinstance(answer, dict):
        raise _malformed(_("not a JSON object"), body)
    return answer


def _list(answer: dict[str, Any], key: str) -> list[Any]:
    value = answer.get(key)
    if not isinstance(value, list):
        raise ServiceError(
            _("the endpoint's answer has no list {key} (it has: {keys}); is it an object detection model?").format(
                key=key, keys=", ".join(answer) or _("nothing")
            )
        )
    return value


def _malformed(reason: str, body: bytes) -> ServiceError:
    start = body[:80].decode("utf-8", "replace")
    return ServiceError(
        _(
            "the endpoint's answer cannot be understood: {reason}; it begins {start!r}; is it an object detection "
            "model?"
        ).format(reason=reason, start=start)
    )
