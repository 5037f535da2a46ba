"""The annotations.json of a JumpStart object detection training channel.

Source: JumpStart's object detection models (mxnet-od-ssd-…) take `annotations.json` and `images/` under one prefix.
It looks like COCO and is not: `bbox` is [xmin, ymin, xmax, ymax] in pixels, `category_id` counts from 0 in the order of
the labels, and there is no list of categories. https://docs.aws.amazon.com/sagemaker/latest/dg/jumpstart-fine-tune.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from kit.annotations.account import Account
from kit.annotations.formats.categories import category_names, used_classes
from kit.annotations.formats.image_list import pictures
from kit.annotations.formats.image_list_boxes import CORNERS
from kit.annotations.formats.image_list_writer import Numbered, write_document
from kit.annotations.formats.outlines import Edges
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotationStream
from kit.annotations.problems import OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.errors import InputError
from kit.language import _

ANNOTATIONS = "annotations.json"
IMAGES = "images"
# Without names the highest id says how many classes there are; the detector takes no more either.
_MOST_CLASSES = 10_000


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    certain: bool = False,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read an annotations.json.

    Args:
        labels: the classes by category_id. Otherwise those of `label_categories.json` in the folder of the file or one
            above; otherwise the file is read once before and the classes are its category ids: "0", "1", …
        certain: whether it is JumpStart's although it has a list of categories, which then name the classes, and though
            of its boxes only x, y, width, height would fit the pictures.
        on_unreadable: told of each element that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid, or an element lacks what is promised.
    """
    by_id = category_names(path, on_unreadable) if certain else {}
    named = tuple(labels) if labels is not None else labels_beside(path)
    if by_id:
        names, indexed = tuple(labels) if labels is not None else tuple(dict.fromkeys(by_id.values())), None
    else:
        names = indexed = _numbered(path) if named is None else named
        by_id.update(enumerate(names))
    account = Account()

    def label_of(key: int | str) -> str:
        return by_id.get(key, str(key))

    found = pictures(path, label_of, CORNERS, account, on_unreadable, certain=certain, count_from_zero=indexed)
    return AnnotationStream(names, found, account)


def write(path: Path, data: AnnotationStream) -> Written:
    """Write an annotations.json of the labelled pictures that have a box inside them; the rest is counted.

    `file_name` is the last part of a picture's source: its name in the channel's `images/`.

    Raises:
        InputError: `path` cannot be written; two different pictures have the same file name; a box has a label that is
            not in `data.labels`.
        SetupError: the disk is full.
    """
    selection = Selection(data.labels)
    class_ids = selection.class_ids

    def annotations_of(pictures: Numbered) -> list[_Annotation]:
        try:
            return [
                _Annotation(image_id, (box.left, box.top, box.right, box.bottom), class_ids[box.label])
                for image_id, picture in pictures
                for box in picture.boxes
            ]
        except KeyError:
            raise selection.unknown_class_among([picture for _id, picture in pictures]) from None

    write_document(path, b"", selection.to_train_on(data, need_box=True), _images_of, annotations_of)
    return selection.result()


class _Annotation(Struct, gc=False):
    image_id: int
    bbox: Edges
    category_id: int


class _Image(Struct, gc=False):
    file_name: str
    height: int
    width: int
    id: int


def _images_of(pictures: Numbered, names: Sequence[str]) -> list[_Image]:
    named = zip(pictures, names, strict=True)
    return [_Image(name, picture.height, picture.width, image_id) for (image_id, picture), name in named]


def _numbered(path: Path) -> tuple[str, ...]:
    """ "0" to the highest category_id of the file.

    Raises:
        InputError: it is so high that it counts no classes.
    """
    used = used_classes(path)
    highest = max((key for key in used if isinstance(key, int)), default=-1)
    if highest >= _MOST_CLASSES:
        raise InputError(
            _("{path}: category_id is {value}, which is no class counted from 0; give the labels").format(
                path=path, value=highest
            )
        )
    return (*(str(class_id) for class_id in range(highest + 1)), *sorted(key for key in used if isinstance(key, str)))
