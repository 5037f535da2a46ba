"""The `categories` of a document of the COCO kind: a list of id and name, or an object of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Raw

from kit.annotations.formats.image_list_boxes import class_key
from kit.annotations.problems import MalformedError, OnUnreadable, Tally
from kit.annotations.streaming.json_stream import elements, value_of
from kit.annotations.streaming.json_values import mapping, parsed, shown, text
from kit.language import _, marked

# What messages call a part of the file that has no name of its own.
_CATEGORY = marked("the category")


def category_names(path: Path, on_unreadable: OnUnreadable) -> dict[int | str, str]:
    """Names by id, in their order; none where the document has no categories.

    An object may be of ids with names, `{"1": "cat"}`, or of names with ids, `{"cat": 1}`.

    Args:
        on_unreadable: told of each category that cannot be used.
    """
    names: dict[int | str, str] = {}
    for line, category in _categories(path, on_unreadable):
        try:
            entry = mapping(parsed(category) if isinstance(category, Raw) else category, _CATEGORY)
            key, name = class_key(entry.get("id")), text(entry.get("name"), "name")
            if names.setdefault(key, name) != name:
                raise MalformedError(_("another category has the id {value} too").format(value=shown(key)))
        except MalformedError as error:
            on_unreadable(path, line, f"categories[{line - 1}]: {error}")
    return names


def used_classes(path: Path) -> tuple[int | str, ...]:
    """The `category_id`s of the annotations, numbers first; elements that cannot be read are left to the reading.

    Raises:
        InputError: next to none of thousands can be read.
    """
    used: set[int | str] = set()
    tally = Tally(path)
    for _list, line, element in elements(path, {"annotations": Raw}):
        try:
            used.add(class_key(mapping(parsed(element), "annotation").get("category_id")))
        except MalformedError as error:
            tally.unusable(line, error)
        else:
            tally.usable += 1
    return tuple(sorted(used, key=lambda key: (isinstance(key, str), key)))


def _categories(path: Path, on_unreadable: OnUnreadable) -> Iterator[tuple[int, Any]]:
    found = False
    for _list, line, element in elements(path, {"categories": Raw}):
        found = True
        yield line, element
    if found or (raw := value_of(path, "categories")) is None:
        return
    try:
        categories = mapping(parsed(raw), "categories")
    except MalformedError as error:
        on_unreadable(path, 0, f"categories: {error}")
        return
    for line, (key, value) in enumerate(categories.items(), start=1):
        match value:
            case str():
                yield line, {"id": key, "name": value}
            case dict():
                yield line, {"id": key, **value}
            case _:
                yield line, {"id": value, "name": key}
