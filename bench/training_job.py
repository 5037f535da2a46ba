"""The folder of a training job as SageMaker lays it out, and the detector's training in it."""

from __future__ import annotations

import json
from pathlib import Path

from machine import run

from kit.annotations.convert import Conversion, convert
from kit.annotations.formats.registry import Format
from kit.local_cloud import environments
from kit.run.picture_set import SAMPLES


def fill_channel(
    base: Path, labels: Path = SAMPLES / "train.coco.json", pictures: Path = SAMPLES / "train"
) -> Conversion:
    """Converts a data set to JumpStart's layout as the channel `training`."""
    (base / "input").mkdir(parents=True, exist_ok=True)
    return convert(labels, base / "input" / "data", to=Format.JUMPSTART, images=pictures)


def train(base: Path, hyperparameters: dict[str, object]) -> str:
    """Trains on the channel of `base` and leaves a model in `base`/model; what was printed."""
    folder = base / "input" / "config"
    folder.mkdir(parents=True, exist_ok=True)
    # SageMaker hands over strings.
    strings = {name: str(value) for name, value in hyperparameters.items()}
    (folder / "hyperparameters.json").write_text(json.dumps(strings), encoding="utf-8")
    return run(environments.TRAIN, SAGEMAKER_BASE_DIR=str(base))
