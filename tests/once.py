"""What takes long to make is made by one worker of a test run, for all of them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills, by the first worker that asks for it; the others wait. Nobody may change it."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # A worker's own is one of the folders in the run's.
        folder = folder.parent
    made = folder / name
    with (folder / f"{name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            # What somebody began whose making failed. It is made in its place, as runs know where they are.
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            make(made)
            lock.write("made")
    return made
