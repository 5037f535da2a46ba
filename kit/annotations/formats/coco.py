"""COCO's object detection annotations: `bbox` is [x, y, width, height] in pixels, categories have ids of their own.

Source: https://cocodataset.org/#format-data. Crowds (`iscrowd` 1) are boxes as well, for CVAT marks every mask as one;
how many there are is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
from msgspec import Struct

from kit.annotations.account import Account
from kit.annotations.formats.categories import category_names, used_classes
from kit.annotations.formats.image_list import pictures
from kit.annotations.formats.image_list_boxes import SIZED
from kit.annotations.formats.image_list_writer import Numbered, write_document
from kit.annotations.model import AnnotationStream, ScoredBox
from kit.annotations.problems import OnUnreadable, refuse
from kit.annotations.selection import Selection, Written


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    certain: bool = False,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read a COCO annotation file. A picture without annotations is taken as labelled: nothing there.

    Args:
        labels: the classes in the order of their ids; otherwise the names of `categories` in the order of that list;
            where that names none, "category 1" and so on. Boxes get their label by the file's own in any case.
        certain: whether boxes are x, y, width, height even where only two corners would fit the pictures.
        on_unreadable: told of each element that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid, or an element lacks what is promised.
    """
    names = category_names(path, on_unreadable)
    if not names:
        names = {key: f"category {key}" for key in used_classes(path)}
    found = tuple(labels) if labels is not None else tuple(dict.fromkeys(names.values()))

    def label_of(key: int | str) -> str:
        return names.get(key) or f"category {key}"

    account = Account()
    return AnnotationStream(found, pictures(path, label_of, SIZED, account, on_unreadable, certain=certain), account)


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
    class_ids, latest = selection.class_ids, 0

    def annotations_of(pictures: Numbered) -> list[_Annotation]:
        nonlocal latest
        found: list[_Annotation] = []
        annotation_id = latest
        for image_id, picture in pictures:
            scored = ScoredBox in map(type, picture.boxes)
            for box in picture.boxes:
                annotation_id += 1
                class_id = class_ids.get(box.label)
                if class_id is None:
                    raise selection.unknown_class(picture, box.label)
                left, top = box.left, box.top
                width, height = box.right - left, box.bottom - top
                bbox = (left, top, width, height)
                if scored and isinstance(box, ScoredBox):
                    found.append(_Scored(annotation_id, image_id, class_id, bbox, width * height, score=box.score))
                else:
                    found.append(_Annotation(annotation_id, image_id, class_id, bbox, width * height))
        latest = annotation_id
        return found

    categories = [{"id": class_id, "name": label} for class_id, label in enumerate(data.labels)]
    head = b'"categories":%b,\n' % orjson.dumps(categories)
    write_document(path, head, selection.to_train_on(data, need_box=False), _images_of, annotations_of)
    return selection.result()


class _Annotation(Struct, gc=False):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int = 0


class _Scored(_Annotation, gc=False, kw_only=True):
    """With the score of COCO's results, of a model's boxes alone."""

    score: float


class _Image(Struct, gc=False):
    id: int
    file_name: str
    width: int
    height: int


def _images_of(pictures: Numbered, names: Sequence[str]) -> list[_Image]:
    named = zip(pictures, names, strict=True)
    return [_Image(image_id, name, picture.width, picture.height) for (image_id, picture), name in named]
