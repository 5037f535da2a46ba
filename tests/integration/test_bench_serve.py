"""`make bench-serve`, with few requests: the real training, server, clients and loops, and tables that say it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_leg_is_measured() -> None:
    few = ["--epochs", "1", "--rounds", "1", "--requests", "3", "--memory-requests", "10"]
    done = subprocess.run(
        [sys.executable, "bench/serve.py", *few], cwd=ROOT, capture_output=True, text=True, timeout=560, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", done.stdout, re.MULTILINE)
    measured = {name: float(value) for name, value in rows if re.fullmatch(r"\d+\.\d+", value)}
    legs = {f"endpoint, {clients}" for clients in ("1 client", "4 clients", "16 clients")}
    ratios = {"p50 with 1 client / bare loop's", "throughput with 16 clients / bare loop's"}
    assert legs | ratios | {
        "detector, a `session.run` for each pass",
        "JSON",
        "NumPy",
        "ONNX's `NonMaxSuppression`, all anchors",
    } <= (measured.keys())
    assert min(measured.values()) >= 0
    (memory,) = re.findall(r"^\| MB \| (.*) \|$", done.stdout, re.MULTILINE)
    assert len(memory.split("|")) == 11


def test_a_model_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "bench/serve.py", "--model", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("Error: The server ended with status 1: detector: the model in ")
    assert done.stdout == ""
