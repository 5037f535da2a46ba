"""How well detections match the truth: mean average precision by pycocotools, COCO's own evaluation.

Source: https://cocodataset.org/#detection-eval; at most 100 detections a picture count.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.detection.response import Detection
from kit.detection.scores import ClassScore, Scores


def score(
    truth: Iterable[AnnotatedPicture], detections: Mapping[str, Sequence[Detection]], labels: Sequence[str]
) -> Scores | None:
    """Score the detections of a set of pictures.

    Args:
        truth: the pictures with their true boxes; those that are not labelled are passed over.
        detections: by the file name of the picture; a picture that is not there has none.
        labels: the classes; boxes and detections of others do not count.

    Returns:
        None when there is no true box, so that nothing can be said.
    """
    class_ids = {label: index for index, label in enumerate(labels, start=1)}
    true: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for picture in truth:
        if picture.state is not LabelState.LABELLED:
            continue
        images.append({"id": len(images) + 1})
        for box in picture.boxes:
            _add(true, len(images), class_ids, box)
        for each in detections.get(picture.file_name, ()):
            _add(found, len(images), class_ids, each.box, score=each.score)
    if not true:
        return None
    precision = _precision(images, true, found, list(class_ids.values()))
    counts = np.bincount([box["category_id"] for box in true], minlength=len(labels) + 1)
    classes = tuple(
        _class_score(label, int(counts[class_id]), precision[:, :, class_id - 1])
        for label, class_id in class_ids.items()
    )
    return Scores(
        pictures=len(images),
        boxes=len(true),
        map50=float(np.mean([each.ap50 for each in classes if each.ap50 is not None])),
        map=float(np.mean([each.ap for each in classes if each.ap is not None])),
        classes=classes,
    )


def _add(
    annotations: list[dict[str, Any]], image_id: int, class_ids: Mapping[str, int], box: BoundingBox, **more: float
) -> None:
    if box.label not in class_ids:
        return
    annotations.append(
        {
            "id": len(annotations) + 1,  # pycocotools takes 0 for "not matched"
            "image_id": image_id,
            "category_id": class_ids[box.label],
            "bbox": [box.left, box.top, box.width, box.height],
            "area": box.width * box.height,
            "iscrowd": 0,
            **more,
        }
    )


def _precision(
    images: list[dict[str, Any]], true: list[dict[str, Any]], found: list[dict[str, Any]], class_ids: list[int]
) -> npt.NDArray[np.float64]:
    """Precision by IoU threshold (10), recall (101) and class; -1 where a class has no truth."""
    categories = [{"id": class_id} for class_id in class_ids]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(
            _index({"images": images, "categories": categories, "annotations": true}),
            _index({"images": images, "categories": categories, "annotations": found}),
            "bbox",
        )
        evaluation.evaluate()
        evaluation.accumulate()
    # The last two axes: area range "all", 100 detections a picture.
    return np.asarray(evaluation.eval["precision"][:, :, :, 0, 2], dtype=np.float64)


def _index(dataset: dict[str, Any]) -> COCO:
    index = COCO()
    index.dataset = dataset
    index.createIndex()
    return index


def _class_score(label: str, boxes: int, precision: npt.NDArray[np.float64]) -> ClassScore:
    if not boxes:
        return ClassScore(label, 0, None, None, None)
    at_half = precision[0]
    return ClassScore(
        label, boxes, float(at_half.mean()), float(precision.mean()), tuple(float(value) for value in at_half)
    )
