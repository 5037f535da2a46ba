"""`make bench-train` with few epochs and small pictures: the detector, and the peer where that is installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kit.annotations.convert import convert
from kit.annotations.formats.registry import Format
from tests.end_to_end.few_samples import few_samples

ROOT = Path(__file__).parents[2]
GLUONCV_PYTHON = ROOT / ".venvs" / "gluoncv" / "bin" / "python"


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_epoch_of_the_detector_is_measured() -> None:
    printed = run(sys.executable, "bench/train.py", "--rounds", 1, "--epochs", 2, "--image-size", 96, "--without-peer")
    (row,) = re.findall(r"^\| the detector, 96 px \| ([\d.]+) \| ([\d.]+) \.\. ([\d.]+) \| ([\d.]+) \|", printed, re.M)
    median, lowest, highest, rate = map(float, row)
    assert 0 < lowest <= median <= highest
    # All pictures of the channel, held back or not.
    (pictures,) = re.findall(r"Epochs of (\d+) pictures", printed)
    assert rate == pytest.approx(int(pictures) / median, rel=0.1)


@pytest.mark.skipif(not GLUONCV_PYTHON.exists(), reason="GluonCV is not installed: `make bench-train` does that")
def test_the_peer_trains_and_answers(tmp_path: Path) -> None:
    samples = few_samples(tmp_path / "samples", train=2)
    convert(samples / "train.coco.json", tmp_path, to=Format.JUMPSTART, images=samples / "train")
    peer = (GLUONCV_PYTHON, "bench/gluoncv_peer.py")
    (epoch,) = map(
        json.loads, run(*peer, "train", tmp_path / "training", "--epochs", 1, "--batch-size", 2).splitlines()
    )
    assert (epoch["epoch"], epoch["pictures"]) == (1, 2)
    assert epoch["seconds"] > 0
    assert epoch["loss"] > 0
    picture = min((samples / "train").iterdir())
    legs = [json.loads(line) for line in run(*peer, "forward", picture, "--runs", 2).splitlines()]
    assert [leg["leg"] for leg in legs] == ["forward", "decode_forward"]
    assert all(0 < leg["p50_ms"] <= leg["p99_ms"] for leg in legs)
