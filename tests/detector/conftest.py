"""Fixtures of the detector's tests: a channel of drawn pictures, a quick training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.detector.scenes import LABELS, write_channel
from tests.once import made_once

PRINTED = "printed.txt"

Train = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training channel of 12 pictures."""
    folder = tmp_path_factory.mktemp("channel")
    write_channel(folder, 12, seed=7)
    return folder


def run_training(
    base: Path, channel: Path, *, python: Path = Path(sys.executable), **hyperparameters: str
) -> subprocess.CompletedProcess[str]:
    """`python -m detector train` as SageMaker runs it: its folders under `base`, hyperparameters as strings."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    values = {name.replace("_", "-"): value for name, value in hyperparameters.items()}
    (config / "hyperparameters.json").write_text(json.dumps(values))
    (base / "input" / "data").mkdir()
    (base / "input" / "data" / "training").symlink_to(channel)
    return subprocess.run(
        [python, "-m", "detector", "train"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(base)},
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )


@pytest.fixture(scope="session")
def trained(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The base folder of a short training, and what it printed."""
    base = made_once(tmp_path_factory, "trained", lambda base: train_briefly(base, channel))
    return base, (base / PRINTED).read_text()


def train_briefly(base: Path, channel: Path, *, python: Path = Path(sys.executable), epochs: int = 12) -> None:
    """Trains for seconds in a base folder, and leaves there what was printed."""
    settings = {
        "epochs": str(epochs),
        "batch_size": "2",
        "adam_learning_rate": "0.002",
        "image_size": "192",
        "seed": "3",
    }
    done = run_training(base, channel, python=python, **settings, labels=json.dumps(LABELS))
    assert done.returncode == 0, done.stderr
    (base / PRINTED).write_text(done.stdout)
