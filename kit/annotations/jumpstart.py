"""The annotations.json of a JumpStart object detection training channel.

Source: JumpStart's object detection models (mxnet-od-ssd-…) take `annotations.json` and `images/` under one prefix.
It looks like COCO and is not: `bbox` is [xmin, ymin, xmax, ymax] in pixels, `category_id` counts from 0 in the order of
the labels, and there is no list of categories. https://docs.aws.amazon.com/sagemaker/latest/dg/jumpstart-fine-tune.html
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from kit.annotations.image_list import Edges, class_key, four_numbers, pictures
from kit.annotations.json_stream import elements
from kit.annotations.json_values import compact, number
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotationStream
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.writing import replacing, scratch

ANNOTATIONS = "annotations.json"
IMAGES = "images"


def read(path: Path, *, labels: Sequence[str] | None = None, on_unreadable: OnUnreadable = refuse) -> AnnotationStream:
    """Read an annotations.json.

    Args:
        labels: the classes by category_id. Otherwise those of `label_categories.json` in the folder of the file or one
            above; otherwise the file is read once before and the classes are its category ids: "0", "1", …
        on_unreadable: told of each element that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid, or an element lacks what is promised.
    """
    names = tuple(labels) if labels is not None else labels_beside(path)
    if names is None:
        names = _numbered(path)
    by_id: dict[int | str, str] = dict(enumerate(names))
    return AnnotationStream(names, pictures(path, lambda key: by_id.get(key, str(key)), _box, on_unreadable))


def write(path: Path, data: AnnotationStream) -> Written:
    """Write an annotations.json of the labelled pictures that have a box inside them; the rest is counted.

    `file_name` is the last part of a picture's source: its name in the channel's `images/`.

    Raises:
        InputError: `path` cannot be written; two different pictures have the same file name; a box has a label that is
            not in `data.labels`.
        SetupError: the disk is full.
    """
    selection = Selection(data.labels)
    with replacing(path) as file, scratch(path) as annotations:
        file.write(b'{"images":[')
        box_separator = b""
        for image_id, picture in enumerate(selection.to_train_on(data, need_box=True), start=1):
            file.write(
                b'%b\n{"file_name":%b,"height":%d,"width":%d,"id":%d}'
                % (
                    b"," if image_id > 1 else b"",
                    orjson.dumps(picture.file_name),
                    picture.height,
                    picture.width,
                    image_id,
                )
            )
            for box in picture.boxes:
                edges = [compact(box.left), compact(box.top), compact(box.right), compact(box.bottom)]
                annotations.write(
                    b'%b\n{"image_id":%d,"bbox":%b,"category_id":%d}'
                    % (box_separator, image_id, orjson.dumps(edges), selection.class_id(box, picture))
                )
                box_separator = b","
        file.write(b'\n],"annotations":[')
        annotations.seek(0)
        shutil.copyfileobj(annotations, file, 1024 * 1024)
        file.write(b"\n]}\n")
    return selection.result()


def _box(annotation: Mapping[str, Any]) -> tuple[int | str, Edges]:
    left, top, right, bottom = four_numbers(annotation.get("bbox"), "[xmin, ymin, xmax, ymax]")
    edges = (number(left, "xmin"), number(top, "ymin"), number(right, "xmax"), number(bottom, "ymax"))
    return class_key(annotation.get("category_id")), edges


def _numbered(path: Path) -> tuple[str, ...]:
    """ "0" to the highest category_id of the file; elements that cannot be read are left to the reading."""
    highest = -1
    others: dict[str, None] = {}
    for _, category in elements(path, "annotations.item.category_id"):
        try:
            key = class_key(category)
        except MalformedError:
            continue
        if isinstance(key, str):
            others[key] = None
        elif key > highest:
            highest = key
    return (*(str(class_id) for class_id in range(highest + 1)), *sorted(others))
