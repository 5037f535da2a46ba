"""COCO's object detection annotations: `bbox` is [x, y, width, height] in pixels, categories have ids of their own.

Source: https://cocodataset.org/#format-data. Segmentations are not read; crowds (`iscrowd` 1) are regions, not objects,
and are passed over.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from kit.annotations.image_list import Edges, class_key, four_numbers, pictures
from kit.annotations.json_stream import elements
from kit.annotations.json_values import compact, mapping, number, shown, text
from kit.annotations.model import AnnotationStream
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.writing import replacing, scratch
from kit.language import _, marked

# What messages call a part of the file that has no name of its own.
_CATEGORY = marked("the category")


def read(path: Path, *, labels: Sequence[str] | None = None, on_unreadable: OnUnreadable = refuse) -> AnnotationStream:
    """Read a COCO annotation file. A picture without annotations is taken as labelled: nothing there.

    Args:
        labels: the classes in the order of their ids; otherwise the names of `categories` in the order of that list.
            Boxes get their label by the file's own categories in either case.
        on_unreadable: told of each element that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid, or an element lacks what is promised.
    """
    names: dict[int | str, str] = {}
    for line, element in elements(path, "categories.item"):
        try:
            category = mapping(element, _CATEGORY)
            key, name = class_key(category.get("id")), text(category.get("name"), "name")
            if names.setdefault(key, name) != name:
                raise MalformedError(_("another category has the id {value} too").format(value=shown(key)))
        except MalformedError as error:
            on_unreadable(path, line, f"categories[{line - 1}]: {error}")
    found = tuple(labels) if labels is not None else tuple(dict.fromkeys(names.values()))
    return AnnotationStream(found, pictures(path, lambda key: names.get(key, f"category {key}"), _box, on_unreadable))


def write(path: Path, data: AnnotationStream) -> Written:
    """Write the labelled pictures of known size, those without a box too; the rest is counted.

    `file_name` is the last part of a picture's source. Images and annotations are numbered from 1 (pycocotools takes
    annotation 0 for none), categories from 0 in the order of the labels.

    Raises:
        InputError: `path` cannot be written; two different pictures have the same file name; a box has a label that is
            not in `data.labels`.
        SetupError: the disk is full.
    """
    selection = Selection(data.labels)
    with replacing(path) as file, scratch(path) as annotations:
        categories = [{"id": class_id, "name": label} for class_id, label in enumerate(data.labels)]
        file.write(b'{"categories":%b,\n"images":[' % orjson.dumps(categories))
        annotation_id = 0
        for image_id, picture in enumerate(selection.to_train_on(data, need_box=False), start=1):
            image = {
                "id": image_id,
                "file_name": picture.file_name,
                "width": picture.width,
                "height": picture.height,
            }
            file.write((b",\n" if image_id > 1 else b"\n") + orjson.dumps(image))
            for box in picture.boxes:
                annotation_id += 1
                annotation = {
                    "id": annotation_id,
                    "image_id": image_id,
                    "category_id": selection.class_id(box, picture),
                    "bbox": [compact(box.left), compact(box.top), compact(box.width), compact(box.height)],
                    "area": compact(box.width * box.height),
                    "iscrowd": 0,
                }
                annotations.write((b",\n" if annotation_id > 1 else b"\n") + orjson.dumps(annotation))
        file.write(b'\n],"annotations":[')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file, 1024 * 1024)
        file.write(b"\n]}\n")
    return selection.result()


def _box(annotation: Mapping[str, Any]) -> tuple[int | str, Edges] | None:
    if annotation.get("iscrowd") in (1, True):
        return None
    x, y, width, height = four_numbers(annotation.get("bbox"), "[x, y, width, height]")
    left, top = number(x, "x"), number(y, "y")
    right, bottom = left + number(width, "width"), top + number(height, "height")
    return class_key(annotation.get("category_id")), (left, top, right, bottom)
