"""How long a submit takes while a model learns beside the labelling: `make bench-submits`.

Somebody labels eight of the sample pictures with `ASSIST=1`, so that a model begins to learn. One more picture is then
submitted, taken back and submitted again, by Label Studio's API and twice a second, until its proposals are there, and
as often afterwards, when nothing else runs. Prints Markdown.
"""

from __future__ import annotations

import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import machine

from kit.annotations.formats import coco
from kit.local_cloud.beside.proposer import FIRST
from kit.local_cloud.labelling.annotator import annotate
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_config import PICTURE
from kit.local_cloud.labelling.rectangles import rectangles
from kit.run.picture_set import SAMPLES

TRUTH = {picture.file_name: picture for picture in coco.read(SAMPLES / "train.coco.json").pictures}
PAUSE_SECONDS = 0.5
START_SECONDS = 300
LEARN_SECONDS = 1800


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-submits-") as name:
        folder = Path(name)
        log = folder / "output.txt"
        command = [Path(sys.executable).with_name("kit"), "local", "--runs", folder / "runs", "--runtime", "process"]
        with log.open("w") as output:
            kit = subprocess.Popen(
                [*map(str, command), "--labeler", "human", "--assist", "1", "--browser", "0"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait(lambda: "Enough labelled?" in log.read_text(), kit, START_SECONDS, log)
            learning, alone = submit_all(access_to(folder, log), lambda: "Boxes proposed:" in log.read_text(), kit)
        finally:
            kit.send_signal(signal.SIGTERM)
            kit.wait()
    print(f"{machine()}.\n")
    print("| | submits | median, ms | slowest, ms |\n|---|---:|---:|---:|")
    for title, seconds in (("while a model learns", learning), ("nothing beside", alone)):
        middle, slowest = (1000 * value for value in (statistics.median(seconds), max(seconds)))
        print(f"| {title} | {len(seconds)} | {middle:.0f} | {slowest:.0f} |")
    return 0


def submit_all(
    access: LabelStudioAccess, has_learned: Callable[[], bool], kit: subprocess.Popen[bytes]
) -> tuple[list[float], list[float]]:
    """Seconds of each submit while the model learns, and of as many afterwards."""
    with access.session("The bench") as client:
        (project,) = client.projects.list()
        for progress in annotate(access, int(project.id), TRUTH):
            if progress.done == FIRST:
                break
        tasks: list[Any] = list(client.tasks.list(project=project.id, fields="task_only", resolve_uri=False))
        ninth, result = tasks[FIRST].id, rectangles(TRUTH[tasks[FIRST].data[PICTURE].rsplit("/", 1)[-1]])

        def submit() -> float:
            time.sleep(PAUSE_SECONDS)
            begun = time.monotonic()
            annotation = client.annotations.create(id=ninth, result=result)
            seconds = time.monotonic() - begun
            client.annotations.delete(id=annotation.id)
            return seconds

        learning = []
        deadline = time.monotonic() + LEARN_SECONDS
        while not has_learned():
            if kit.poll() is not None or time.monotonic() > deadline:
                sys.exit("The model has proposed nothing.")
            learning.append(submit())
        return learning, [submit() for _ in learning]


def access_to(folder: Path, log: Path) -> LabelStudioAccess:
    (credentials,) = folder.glob("runs/2*/cloud/label-studio/credentials.json")
    address = re.search(r"at (http://127\.0\.0\.1:\d+)/", log.read_text())
    assert address  # noqa: S101 (it is printed with what was waited for)
    return LabelStudioAccess(address[1], **json.loads(credentials.read_text()))


def wait(is_there: Callable[[], bool], kit: subprocess.Popen[bytes], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not is_there():
        if kit.poll() is not None or time.monotonic() > deadline:
            sys.exit(log.read_text())
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
