"""`kit endpoint` as a command of its own, before a run that lies ready."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end import command

_PAGE = re.compile(r"^(?:Page:|ページ：) +(http://\S+/)$", re.M)


@dataclass(frozen=True)
class Served:
    """`url`: what boto3 takes as endpoint_url."""

    process: subprocess.Popen[str]
    folder: Path
    url: str

    @property
    def said(self) -> str:
        return (self.folder / "output.txt").read_text()

    @property
    def name(self) -> str:
        return f"plugs-{command.latest(self.folder).name}"

    @property
    def invocations(self) -> str:
        return f"{self.url}/endpoints/{self.name}/invocations"

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(command.PATIENCE_SECONDS)


def copy_of(rehearsal: Path, folder: Path) -> Path:
    """The runs of a rehearsal in a folder of a test's own."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(rehearsal / "runs", folder / "runs", symlinks=True)
    return folder


def kept_answer(folder: Path, picture: Path) -> dict[str, Any]:
    """What the latest run's own endpoint answered to a held-out picture."""
    lines = (command.latest(folder) / "results" / "detections.jsonl").read_text().splitlines()
    return next(entry["answer"] for entry in map(json.loads, lines) if entry["picture"] == picture.name)


@contextlib.contextmanager
def served(folder: Path, *arguments: str, command_name: str = "endpoint", **settings: str) -> Iterator[Served]:
    """Starts `kit endpoint`, or another command that comes to the page, and waits until it tells the address."""
    already = len(_PAGE.findall(output.read_text())) if (output := folder / "output.txt").exists() else 0
    process = command.start(command_name, *arguments, folder=folder, **settings)
    try:
        pages = command.wait_for(
            "the page's address",
            lambda: process.poll() is not None or _PAGE.findall(output.read_text())[already:],
        )
        assert pages is not True, output.read_text()
        yield Served(process, folder, pages[0].rstrip("/"))
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)
