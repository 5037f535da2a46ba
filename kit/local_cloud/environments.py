"""Where the parts that are too heavy for the kit's own environment live; `requirements/install.py` makes them."""

from __future__ import annotations

import sys
from pathlib import Path

from kit.errors import SetupError
from kit.local_cloud import process
from kit.repository import ROOT

_ENVIRONMENTS = ROOT / ".venvs"

# The Python that has pip beside uv, where uv has made the environments: those have none.
PIP = _ENVIRONMENTS / "uv" / "bin" / "python"
LOCALSTACK = _ENVIRONMENTS / "localstack"
LABEL_STUDIO = _ENVIRONMENTS / "label-studio"
DETECTOR = _ENVIRONMENTS / "detector"
PROCESSES = (LOCALSTACK, LABEL_STUDIO, DETECTOR)
# What stands in for AWS's other services when the cloud track is rehearsed.
MOTO = _ENVIRONMENTS / "moto"
OF_THE_AWS_DOUBLE = (LABEL_STUDIO, DETECTOR, MOTO)

TRAIN = (DETECTOR / "bin" / "python", "-m", "detector", "train")
SERVE = (DETECTOR / "bin" / "python", "-m", "detector", "serve")


def require(*environments: Path) -> None:
    """Makes those that are not there or whose lock has changed; containers need none of them.

    Args:
        environments: those of the local cloud by default.

    Raises:
        SetupError: the installer has failed.
    """
    names = [path.name for path in environments or PROCESSES]
    installed = process.run([sys.executable, ROOT / "requirements" / "install.py", *names], stdout=None)
    if installed.returncode != 0:
        raise SetupError(installed.stderr.strip())
