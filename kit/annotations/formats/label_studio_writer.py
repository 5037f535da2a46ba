"""Tasks for Label Studio to import, with boxes as annotations, or as predictions for people to begin from.

Source: https://labelstud.io/guide/tasks.html and https://labelstud.io/guide/predictions.html. The results are for a
labelling configuration with `<Image name="image" value="$image"/>` and `<RectangleLabels name="label" toName="image">`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState, ScoredBox
from kit.annotations.selection import Selection, Written
from kit.annotations.streaming.writing import replacing

# What predictions are said to come from.
_MODEL = "kit"


def write(path: Path, data: AnnotationStream) -> Written:
    """Write a task for each line, those that nobody labelled too: without an annotation.

    Raises:
        InputError: `path` cannot be written; the size of a picture with boxes is not known, or a box has a label that
            is not in `data.labels`.
        SetupError: the disk is full.
    """
    return _write(path, data, predictions=False)


def write_predictions(path: Path, data: AnnotationStream) -> Written:
    """The same with the boxes as predictions: nobody's answer yet."""
    return _write(path, data, predictions=True)


def _write(path: Path, data: AnnotationStream, *, predictions: bool) -> Written:
    selection = Selection(data.labels)
    with replacing(path) as file:
        before = b"[\n"
        for number, picture in enumerate(selection.every(data), start=1):
            for box in picture.boxes:
                if box.label not in selection.class_ids:
                    raise selection.unknown_class(picture, box.label)
            file.write(before + orjson.dumps(_task(picture, number, predictions=predictions)))
            before = b",\n"
        file.write(b"\n]\n" if before == b",\n" else b"[]\n")
    return selection.result()


def _task(picture: AnnotatedPicture, number: int, *, predictions: bool) -> dict[str, Any]:
    results = [_result(picture, box, f"box{number}-{place}") for place, box in enumerate(picture.boxes, start=1)]
    annotations: list[dict[str, Any]] = []
    if picture.state is LabelState.SKIPPED:
        annotations = [{"id": number, "result": [], "was_cancelled": True}]
    elif picture.state is LabelState.LABELLED and not predictions:
        annotations = [{"id": number, "result": results, "was_cancelled": False}]
    predicted = [{"model_version": _MODEL, "result": results}] if predictions and results else []
    # An import gives ids of its own; Label Studio's converter of exports asks for some.
    return {"id": number, "data": {"image": picture.source}, "annotations": annotations, "predictions": predicted}


def _result(picture: AnnotatedPicture, box: BoundingBox, identity: str) -> dict[str, Any]:
    across, down = 100 / picture.width, 100 / picture.height
    value = {
        "x": box.left * across,
        "y": box.top * down,
        "width": (box.right - box.left) * across,
        "height": (box.bottom - box.top) * down,
        "rotation": 0,
        "rectanglelabels": [box.label],
    }
    names = {"id": identity, "from_name": "label", "to_name": "image", "type": "rectanglelabels"}
    sizes = {"original_width": picture.width, "original_height": picture.height, "image_rotation": 0}
    score = {"score": box.score} if isinstance(box, ScoredBox) else {}
    return {**names, **sizes, **score, "value": value}
