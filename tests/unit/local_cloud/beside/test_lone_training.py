"""A training beside, by programs in place of the detector that keep SageMaker's contract and tell what they got."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.errors import ServiceError
from kit.local_cloud.beside.cross_validation import folds
from kit.local_cloud.beside.lone_training import Example, train
from kit.run.picture_set import SAMPLES

LABELS = ("usb-a", "usb-c")
TELLS = """
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
channel = base / "input" / "data" / "training"
told = {
    "annotations": json.loads((channel / "annotations.json").read_text()),
    "pictures": sorted(path.name for path in (channel / "images").iterdir()),
    "hyperparameters": json.loads((base / "input" / "config" / "hyperparameters.json").read_text()),
}
(base / "model" / "told.json").write_text(json.dumps(told))
"""
FAILS = """
import os, pathlib
(pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "output" / "failure").write_text("the loss is nan")
raise SystemExit(1)
"""
NEVER_ENDS = "import time; time.sleep(1000)"


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def examples() -> list[Example]:
    files = sorted((SAMPLES / "train").iterdir())[:3]
    boxes = [(BoundingBox("usb-c", 10, 20, 110, 220),), (BoundingBox("usb-a", 0, 0, 50, 60),), ()]
    return [
        Example(AnnotatedPicture(f"s3://bucket/{file.name}", 640, 480, each), file)
        for file, each in zip(files, boxes, strict=True)
    ]


def test_a_training_gets_the_pictures_with_boxes_their_labels_and_the_classes(tmp_path: Path) -> None:
    files = train(examples(), LABELS, {"epochs": "3"}, tmp_path / "own", program(TELLS))
    told = json.loads((files.model / "told.json").read_text())
    assert told["pictures"] == ["plugs-001.jpg", "plugs-002.jpg"]
    assert [(each["category_id"], each["bbox"]) for each in told["annotations"]["annotations"]] == [
        (1, [10, 20, 110, 220]),
        (0, [0, 0, 50, 60]),
    ]
    assert told["hyperparameters"] == {"epochs": "3", "labels": '["usb-a", "usb-c"]'}


def test_a_training_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="the loss is nan"):
        train(examples(), LABELS, {}, tmp_path / "own", program(FAILS))


def test_a_training_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    asked = threading.Event()

    def ended() -> bool:
        if asked.is_set():
            return True
        asked.set()
        return False

    with pytest.raises(ServiceError):
        train(examples(), LABELS, {}, tmp_path / "own", program(NEVER_ENDS), ended=ended)


def test_folds_hold_every_picture_once_and_are_of_one_size() -> None:
    names = [f"{number}.jpg" for number in range(11)]
    parts = folds(names, 3, seed=1)
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert sorted(map(len, parts)) == [3, 4, 4]


def test_the_seed_draws_the_folds() -> None:
    names = [f"{number}.jpg" for number in range(11)]
    assert folds(names, 3, seed=1) == folds(reversed(names), 3, seed=1)
    assert folds(names, 3, seed=1) != folds(names, 3, seed=2)
