"""Where this copy of the repository is: the kit runs from it, with what lies beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
