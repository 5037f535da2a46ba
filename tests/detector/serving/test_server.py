"""Detections of an endpoint, and a server that cannot serve; the contract of one that can is in tests/contract."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from detector import picture
from detector.serving.inference import QUICK, detect, load
from detector.serving.server import ServerSettings


@pytest.mark.parametrize("content", [None, b"no model"])
def test_no_model_is_one_sentence(trained: tuple[Path, str], tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "model").mkdir()
    if content:
        (tmp_path / "model" / "model.json").write_bytes((trained[0] / "model" / "model.json").read_bytes())
        (tmp_path / "model" / "detector.onnx").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "detector", "serve"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(tmp_path), "DETECTOR_HOST": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "cannot be loaded" in (tmp_path / "output" / "failure").read_text()


def test_threads_spin_unless_the_cores_are_wanted_by_others_too() -> None:
    spins = [
        ServerSettings.from_environment(said).spin
        for said in ({}, *({"OMP_WAIT_POLICY": policy} for policy in ("active", "Passive")))
    ]
    assert spins == [True, True, False]


def test_a_quick_look_finds_little_that_a_full_one_does_not(trained: tuple[Path, str], channel: Path) -> None:
    model = load(trained[0] / "model", 1)
    counts = []
    for path in sorted((channel / "images").iterdir()):
        pixels = picture.decode(path.read_bytes())
        quick, full = detect(model, pixels, QUICK), detect(model, pixels)
        # A detection has one of few classes, a proposal may have several.
        counts.append((len(np.unique(quick.boxes, axis=0)), len(np.unique(full.boxes, axis=0))))
    assert sum(full for _, full in counts) > sum(quick for quick, _ in counts) > 0
    assert max(quick for quick, _ in counts) <= 20


def test_any_number_of_threads_finds_the_same(trained: tuple[Path, str], channel: Path) -> None:
    """The endpoint gives a picture more threads when it is alone: that must not show in the answer."""
    models = [load(trained[0] / "model", threads, spin=spin) for threads, spin in ((1, True), (2, False), (3, True))]
    several = 0
    for path in sorted((channel / "images").iterdir()):
        pixels = picture.decode(path.read_bytes())
        first, *others = (detect(model, pixels) for model in models)
        several += len(first.scores) > 1
        for other in others:
            np.testing.assert_array_equal(other.boxes, first.boxes)
            np.testing.assert_array_equal(other.classes, first.classes)
            np.testing.assert_array_equal(other.scores, first.scores)
    assert several > 0
