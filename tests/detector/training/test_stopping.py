"""A training that is stopped, as SageMaker stops one: SIGTERM to process 1 of a container."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# Far above what the end takes, far below what the training would.
PATIENCE_SECONDS = 60


def as_process_1() -> Sequence[str]:
    """A command before a program that makes it process 1 of a namespace, to which signals without a handler are not
    delivered."""
    command = ("unshare", "--pid", "--fork", "--kill-child")
    if shutil.which(command[0]) is None or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("only root may make process namespaces here")
    return command


@pytest.mark.parametrize("namespace", [False, True], ids=["process", "process 1"])
def test_a_training_ends_when_it_is_asked_to(channel: Path, tmp_path: Path, namespace: bool) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"epochs": "1000", "image-size": "96"}))
    (tmp_path / "input" / "data").mkdir()
    (tmp_path / "input" / "data" / "training").symlink_to(channel)
    with subprocess.Popen(
        [*(as_process_1() if namespace else ()), sys.executable, "-m", "detector", "train"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as training:
        assert training.stdout is not None
        said = []
        for line in training.stdout:
            said.append(line)
            if line.startswith("epoch 1/"):
                break
        detector = training.pid
        if namespace:
            detector = int(Path(f"/proc/{detector}/task/{detector}/children").read_text())
        os.kill(detector, signal.SIGTERM)
        try:
            rest, _ = training.communicate(timeout=PATIENCE_SECONDS)
        finally:
            training.kill()
    assert training.returncode == 128 + signal.SIGTERM, "".join([*said, rest])
    assert "Traceback" not in rest
    # A job that was stopped has not failed, and half a model is none.
    assert not (tmp_path / "output" / "failure").exists()
    assert not [*tmp_path.glob("model/*")]
