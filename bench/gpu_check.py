"""Pictures per second in training the detector, on a CUDA device and on the CPU of the same machine.

    python bench/gpu_check.py [--epochs 5] [--image-size 256]

Both trainings are processes of the detector's environment on the sample pictures, as in `make local RUNTIME=process`;
for one of them CUDA is hidden. The first epoch does not count: pictures are decoded and kernels chosen in it.
Fails with one sentence where there is no CUDA device.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kit.annotations.convert import convert
from kit.annotations.formats.registry import Format
from kit.errors import KitError, ServiceError, SetupError
from kit.local_cloud import environments
from kit.local_cloud.docker.engine import CUDA_PROBE, NO_CUDA_EXIT
from kit.run.picture_set import SAMPLES


@dataclass(frozen=True)
class Measurement:
    """A training's speed, the median of its epochs but the first, and the loss that it came to."""

    pictures_per_second: float
    cross_entropy: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--image-size", type=int, default=256)
    wanted = parser.parse_args()
    try:
        gpu = require_cuda()
        cuda, cpu = (train(device, wanted.epochs, wanted.image_size) for device in ("cuda", "cpu"))
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    cores = len(os.sched_getaffinity(0))
    for name, measured in ((f"CUDA, {gpu}", cuda), (f"CPU, {cores} cores", cpu)):
        print(
            f"{name}: {measured.pictures_per_second:.1f} pictures/s; Val_CrossEntropy {measured.cross_entropy:.3f} "
            f"after {wanted.epochs} epochs"
        )
    print(f"CUDA is {cuda.pictures_per_second / cpu.pictures_per_second:.1f} times as fast.")
    return 0


def require_cuda() -> str:
    """The name of the CUDA device ("NVIDIA H200").

    Raises:
        SetupError: there is none that PyTorch can use.
    """
    if shutil.which("nvidia-smi") is None:
        raise SetupError(
            "This machine has no NVIDIA GPU (there is no nvidia-smi): run `make gpu-check` on one that has."
        )
    probe = subprocess.run([environments.TRAIN[0], "-c", CUDA_PROBE], capture_output=True, text=True, check=False)
    if probe.returncode == NO_CUDA_EXIT:
        raise SetupError(
            "PyTorch in .venvs/detector is built for the CPU: remove that folder, set TORCH_INDEX to an index with "
            "builds for CUDA if pip has none, and run the command again."
        )
    if probe.returncode != 0:
        last = " ".join(probe.stderr.splitlines()[-1:])
        raise SetupError(f"PyTorch cannot use the GPU ({last}): update the NVIDIA driver.")
    return probe.stdout.strip()


def train(device: str, epochs: int, image_size: int) -> Measurement:
    """Trains on the sample pictures.

    Args:
        device: "cuda" or "cpu".

    Raises:
        ServiceError: the training failed, or ran on another device.
    """
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as name:
        base = Path(name)
        (base / "input" / "config").mkdir(parents=True)
        settings = {"epochs": str(epochs), "image-size": str(image_size)}
        (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(settings), encoding="utf-8")
        convert(SAMPLES / "train.coco.json", base / "input" / "data", to=Format.JUMPSTART, images=SAMPLES / "train")
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
        done = subprocess.run(
            environments.TRAIN,
            env={**os.environ, **hidden, "SAGEMAKER_BASE_DIR": name},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode != 0 or f"device {device}" not in done.stdout:
        last = "\n".join(done.stdout.splitlines()[-8:])
        raise ServiceError(f"The training on {device} ended with status {done.returncode}; it printed:\n{last}")
    rates = [float(rate) for rate in re.findall(r"pictures_per_second=([0-9.]+)", done.stdout)]
    losses = [float(loss) for loss in re.findall(r"Val_CrossEntropy=([0-9.]+)", done.stdout)]
    return Measurement(statistics.median(rates[1:] or rates), losses[-1])


if __name__ == "__main__":
    sys.exit(main())
