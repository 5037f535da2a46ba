"""A server that cannot serve; the contract of one that can is in tests/contract/test_serving.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


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
