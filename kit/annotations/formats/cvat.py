"""CVAT for images 1.1: one XML document, `<image>`s with the shapes that people drew.

Source: https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/. Coordinates are pixels; `rotation` is in degrees
clockwise about the centre. A polygon, a polyline, an ellipse, a cuboid and a mask become their bounding boxes; points
and tags have none and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from kit.annotations.account import (
    ELLIPSES,
    LINES,
    MASKS,
    NO_LABEL,
    NO_SHAPE,
    POINTS,
    POLYGONS,
    ROTATED,
    TAKEN,
    Account,
)
from kit.annotations.formats.outlines import Edges, around, around_ellipse, turned
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.streaming.xml_stream import xml_elements
from kit.language import _, marked

FILE = "annotations.xml"
_TRACKS, _CUBOIDS = marked("tracks of a video"), marked("cuboids")
_CORNERS = tuple(f"{axis}{corner}{side}" for side in (1, 2) for corner in ("tl", "bl", "tr", "br") for axis in "xy")


def read(path: Path, *, labels: Sequence[str] | None = None, on_unreadable: OnUnreadable = refuse) -> AnnotationStream:
    """Read an annotations.xml.

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` beside the file or one
            folder above; otherwise those that its task lists.
        on_unreadable: told of each picture that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be read; while iterating: it is not valid, or a shape lacks what is promised.
    """
    found = tuple(labels) if labels is not None else labels_beside(path)
    if found is None:
        found = _labels(path)
    account = Account()
    return AnnotationStream(found, _pictures(path, account, on_unreadable), account)


def _labels(path: Path) -> tuple[str, ...]:
    """Those of the task's list; where it has none, as old exports, those used."""
    used: dict[str, None] = {}
    try:
        for _line, element in xml_elements(path, 1):
            if element.tag == "meta" and (names := [each.text or "" for each in element.iterfind(".//label/name")]):
                return tuple(dict.fromkeys(names))
            used.update((shape.get("label", ""), None) for shape in element)
    except MalformedError:
        pass  # the reading says what is wrong
    return tuple(sorted(filter(None, used)))


def _pictures(path: Path, account: Account, on_unreadable: OnUnreadable) -> Iterator[AnnotatedPicture]:
    try:
        for line, element in xml_elements(path, 1):
            if element.tag == "track":
                account.lose(NO_SHAPE, line, len(element), kind=_TRACKS)
            if element.tag != "image":
                continue
            try:
                yield _picture(element, line, account)
            except MalformedError as error:
                on_unreadable(path, line, str(error))
    except MalformedError as error:
        on_unreadable(path, 0, str(error))


def _picture(image: Element, line: int, account: Account) -> AnnotatedPicture:
    name = image.get("name", "")
    if not name:
        raise MalformedError(_("{name} is missing").format(name="name"))
    boxes = []
    for shape in image:
        edges = _edges(shape, line, account)
        if edges is None:
            continue
        if label := shape.get("label", ""):
            boxes.append(BoundingBox(label, *edges))
        else:
            account.lose(NO_LABEL, line)
    width, height = (round(_number(image, side)) if image.get(side) else 0 for side in ("width", "height"))
    return AnnotatedPicture(name, width, height, tuple(boxes), line=line)


def _edges(shape: Element, line: int, account: Account) -> Edges | None:
    """The box of a shape; None where it has none, which is counted."""
    rotation = _number(shape, "rotation") if shape.get("rotation") else 0.0
    match shape.tag:
        case "box":
            left, top, right, bottom = (_number(shape, name) for name in ("xtl", "ytl", "xbr", "ybr"))
            if rotation % 360:
                account.note(TAKEN, line, kind=ROTATED)
                return turned((left, top, right, bottom), rotation)
            return left, top, right, bottom
        case "polygon" | "polyline":
            account.note(TAKEN, line, kind=POLYGONS if shape.tag == "polygon" else LINES)
            return around(_points(shape))
        case "ellipse":
            account.note(TAKEN, line, kind=ELLIPSES)
            x, y, across, down = (_number(shape, name) for name in ("cx", "cy", "rx", "ry"))
            return around_ellipse(x, y, across, down, rotation)
        case "mask":
            account.note(TAKEN, line, kind=MASKS)
            left, top, width, height = (_number(shape, name) for name in ("left", "top", "width", "height"))
            return left, top, left + width, top + height
        case "cuboid":
            account.note(TAKEN, line, kind=_CUBOIDS)
            values = [_number(shape, name) for name in _CORNERS]
            return around(list(zip(values[::2], values[1::2], strict=True)))
        case kind:
            account.lose(NO_SHAPE, line, kind=POINTS if kind == "points" else kind)
            return None


def _points(shape: Element) -> list[tuple[float, float]]:
    try:
        pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
        return [(float(x), float(y)) for x, y in pairs]
    except ValueError as error:
        raise MalformedError(
            _("points is {value}, not x,y;x,y;…").format(value=repr(shape.get("points", "")[:40]))
        ) from error


def _number(element: Element, name: str) -> float:
    text = element.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= 2**53:
        raise MalformedError(_("{name} is {value}, not a number").format(name=name, value=repr(text[:40])))
    return value
