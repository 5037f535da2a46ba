"""Elements of the lists of a document of the COCO kind: ids, classes, and where an annotation is in its picture.

An annotation without a box, or with one of no size, has the one around its polygons or its mask. One that CVAT turned
(`attributes.rotation`, degrees clockwise about its centre, beside the box as it was before) has the upright one around
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.annotations.account import CROWDS, MASKS, POLYGONS, ROTATED, TAKEN, Account
from kit.annotations.formats.outlines import Edges, around_mask, around_polygons, turned
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import number, sequence, shown
from kit.language import _

# What the four numbers of a `bbox` are: x, y, width and height, or two corners.
SIZED, CORNERS = "[x, y, width, height]", "[xmin, ymin, xmax, ymax]"
_PARTS = {SIZED: ("x", "y", "width", "height"), CORNERS: ("xmin", "ymin", "xmax", "ymax")}


def box_of(annotation: Mapping[str, Any], form: str, line: int, account: Account) -> tuple[int | str, Edges, bool]:
    """The class and edges of any annotation, and whether the edges are of its `bbox` as it stands.

    Args:
        form: what its `bbox` is.

    Raises:
        MalformedError: it is not what the format promises; it has neither a box nor an outline.
    """
    label = class_key(annotation.get("category_id"))
    bbox, outline = annotation.get("bbox"), annotation.get("segmentation")
    if outline and (not bbox or _has_no_size(bbox)):
        found = around_mask(outline) if isinstance(outline, dict) else around_polygons(outline)
        if found is None:
            raise MalformedError(_("its segmentation is empty, and so is its bbox"))
        account.note(TAKEN, line, kind=MASKS if isinstance(outline, dict) else POLYGONS)
        return label, found, False
    values = sequence(bbox, "bbox")
    if len(values) != 4:
        raise MalformedError(_("bbox is {value}, not {names}").format(value=shown(values), names=form))
    one, two, three, four = (number(value, name) for value, name in zip(values, _PARTS[form], strict=True))
    edges = (one, two, one + three, two + four) if form == SIZED else (one, two, three, four)
    if annotation.get("iscrowd") in (1, True):
        account.note(TAKEN, line, kind=CROWDS)
    attributes = annotation.get("attributes")
    rotation = attributes.get("rotation") if isinstance(attributes, dict) else None
    if isinstance(rotation, (int, float)) and rotation % 360:
        account.note(TAKEN, line, kind=ROTATED)
        return label, turned(edges, rotation), False
    return label, edges, True


def _has_no_size(bbox: Any) -> bool:
    """As annotation programs write a box that they never reckoned: [0, 0, 0, 0]."""
    return isinstance(bbox, list) and len(bbox) == 4 and not any(bbox[2:])


def key_of(value: Any, name: str) -> int | str:
    """An id: any whole number, which a float or text may stand for, or other text.

    Raises:
        MalformedError: it is neither.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # an integer that is larger than JSON's readers hold
    kind = type(value)
    if kind is str:
        # Some write an id as text in one of the two lists. Zeros before it belong to a name.
        numeric = value.isascii() and value.isdecimal() and len(value) < 19 and str(int(value)) == value
        return int(value) if numeric else value
    if kind is int:
        if -(2**63) <= value < 2**63:
            return value  # type: ignore[no-any-return]
        raise MalformedError(_("{name} is {value}: too large a number for an id").format(name=name, value=shown(value)))
    raise MalformedError(_("{name} is {value}, not a number or text").format(name=name, value=shown(value)))


def class_key(value: Any) -> int | str:
    """A `category_id`: a whole number, which a float or text may stand for, or a label.

    Raises:
        MalformedError: it is neither a number nor text.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return key_of(value, "category_id")
