"""Where the parts that are too heavy for the kit's own environment live; `requirements/install.py` makes them."""

from __future__ import annotations

from pathlib import Path

_ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".venvs"

LOCALSTACK = _ENVIRONMENTS / "localstack"
LABEL_STUDIO = _ENVIRONMENTS / "label-studio"
DETECTOR = _ENVIRONMENTS / "detector"

TRAIN = (DETECTOR / "bin" / "python", "-m", "detector", "train")
SERVE = (DETECTOR / "bin" / "python", "-m", "detector", "serve")
