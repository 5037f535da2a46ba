"""`make gpu-check`, as far as a machine without a GPU goes: the sentence, and the half that runs on the CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import gpu_check

ROOT = Path(__file__).parents[2]


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bench/gpu_check.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )


def test_without_a_gpu_it_is_one_sentence(tmp_path: Path) -> None:
    done = check(PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "Error: This machine has no NVIDIA GPU (there is no nvidia-smi): run `make gpu-check` on one that has.\n"
    )


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine may have a GPU")
def test_a_build_for_the_cpu_is_told(tmp_path: Path) -> None:
    (tmp_path / "nvidia-smi").touch(mode=0o755)
    done = check(PATH=str(tmp_path))
    assert done.returncode == 3
    assert "PyTorch in .venvs/detector is built for the CPU" in done.stderr


def test_the_cpu_is_measured_by_a_real_training() -> None:
    measured = gpu_check.train("cpu", epochs=2, image_size=96)
    assert measured.pictures_per_second > 0
    assert measured.cross_entropy > 0
