"""The machine that measurements are taken on, and the programs that are measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kit.errors import ServiceError
from kit.local_cloud.process import child_environment

BENCH = Path(__file__).resolve().parent


def machine() -> str:
    """The processor's name and how many cores of it there are to use."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return f"{found[1] if found else platform.processor()}, cores: {len(os.sched_getaffinity(0))}"


def run(command: Sequence[object], **environment: str) -> str:
    """Standard output of a command; raises ServiceError where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        env=child_environment({"PYTHONSAFEPATH": "", **environment}),
        capture_output=True,
        text=True,
        check=False,
        cwd=BENCH.parent,
    )
    if done.returncode != 0:
        last = "\n".join((done.stderr or done.stdout).splitlines()[-8:])
        raise ServiceError(f"`{' '.join(words[1:3])}` ended with status {done.returncode}; it printed:\n{last}")
    return done.stdout
