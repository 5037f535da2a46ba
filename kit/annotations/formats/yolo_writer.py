"""Writing YOLO's layout: data.yaml, and a label file a picture in labels/."""

from __future__ import annotations

from pathlib import Path

import yaml

from kit.annotations.model import AnnotatedPicture, AnnotationStream
from kit.annotations.selection import Selection, Written
from kit.annotations.streaming.label_files import LabelFiles

DATA, LABELS, IMAGES = "data.yaml", "labels", "images"


def write(path: Path, data: AnnotationStream) -> Written:
    """Write the labelled pictures of known size, those without a box too; the rest is counted.

    The pictures belong into `path`/images. Training and validation are both said to be there: who trains divides them.

    Raises:
        InputError: two pictures would have one file; a box has a label that is not in `data.labels`.
        SetupError: the disk is full.
    """
    selection = Selection(data.labels)
    files = LabelFiles(path / LABELS, ".txt")
    for batch in selection.to_train_on(data, need_box=False):
        for picture in batch.pictures:
            files.new(picture, _lines(picture, selection))
        for _number, picture in batch.more:
            files.replace(picture, files.content(picture) + _lines(picture, selection))
    described = {"train": IMAGES, "val": IMAGES, "nc": len(data.labels), "names": dict(enumerate(data.labels))}
    (path / DATA).write_text(yaml.safe_dump(described, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return selection.result()


def _lines(picture: AnnotatedPicture, selection: Selection) -> bytes:
    lines = []
    for box in picture.boxes:
        class_id = selection.class_ids.get(box.label)
        if class_id is None:
            raise selection.unknown_class(picture, box.label)
        numbers = (
            (box.left + box.right) / 2 / picture.width,
            (box.top + box.bottom) / 2 / picture.height,
            box.width / picture.width,
            box.height / picture.height,
        )
        lines.append(f"{class_id} {' '.join(f'{number:.9g}' for number in numbers)}\n")
    return "".join(lines).encode()
