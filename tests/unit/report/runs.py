"""Evidence of runs made to have one fault each; without changes, of one that has none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection import confidence, verdicts
from kit.detection.response import Detection
from kit.detection.verdicts import JudgedPicture
from kit.report.counsel.evidence import Evidence
from kit.run.results import (
    ConversionResult,
    DetectionResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    TrainingResult,
)

LABELS = ("cat", "dog")
DEFAULTS = {"images": None, "labels": None, "annotations": None, "labeler": None, "epochs": 30, "image_size": None}
GIVEN = {**DEFAULTS, "images": "/photos", "labels": list(LABELS)}


def box(label: str, place: int, side: int = 40) -> BoundingBox:
    """The box number `place` of a picture of 800 x 600, which has room for ten."""
    left, top = 10 + 150 * (place % 5), 10 + 300 * (place // 5)
    return BoundingBox(label, left, top, left + side, top + side)


def picture(
    true: Sequence[BoundingBox], found: Sequence[tuple[BoundingBox, float]], name: str = "a.jpg"
) -> JudgedPicture:
    return verdicts.judge(
        AnnotatedPicture(name, 800, 600, tuple(true)), [Detection(where, score) for where, score in found]
    )


def all_found(count: int = 40) -> list[JudgedPicture]:
    boxes = [box("cat", 0), box("dog", 1)]
    return [picture(boxes, [(each, 0.9) for each in boxes], f"{number}.jpg") for number in range(count)]


def losses(train: Sequence[float], validation: Sequence[float]) -> tuple[dict[str, float], ...]:
    return tuple(
        {"epoch": float(epoch), "Train_Loss": one, "Val_CrossEntropy": other}
        for epoch, (one, other) in enumerate(zip(train, validation, strict=True), start=1)
    )


TRAINED = TrainingResult(
    job="job",
    model_artifact="s3://bucket/model.tar.gz",
    train_seconds=9,
    billable_seconds=9,
    epochs=30,
    device="cpu",
    history=losses([2.0, 1.0] + [0.5] * 8, [2.0, 1.0] + [0.6] * 8),
    hyperparameters={"image-size": "256"},
    validation_pictures=10,
)


def evidence(judged: Sequence[JudgedPicture] | None = None, map50: float | None = 0.9, **changes: Any) -> Evidence:
    """A run on somebody's own 100 pictures, labelled in it; `changes` are fields of Evidence."""
    judged = all_found() if judged is None else judged
    made = Evidence(
        run="r1",
        settings=GIVEN,
        defaults=DEFAULTS,
        target="local",
        labels_file="runs/r1/results/output.manifest",
        truth_file="runs/r1/results/held_out.coco.json",
        pictures=PicturesResult("bucket", 100, LABELS),
        labelling=LabellingResult("s3://b/output.manifest", 100, 200, dict.fromkeys(LABELS, 100), {"labelled": 100}),
        conversion=ConversionResult(60, 120, tuple(f"{number}.jpg" for number in range(40))),
        training=TRAINED,
        detection=DetectionResult(len(judged), 0.5, "best F1", 1, 10.0, 0.9),
        scoring=ScoringResult(map50, map50, len(judged), 2 * len(judged)),
        judged=tuple(judged),
        interval=confidence.interval(judged) if map50 is not None else None,
    )
    return dataclasses.replace(made, **changes)
