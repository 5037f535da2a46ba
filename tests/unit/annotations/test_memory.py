"""Memory does not grow with the number of pictures, whatever the format."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FEW, MANY = 2_000, 40_000
# What the allocator and SQLite's page cache may take more for the large file; the pictures themselves, held in memory,
# would take twenty and more.
SLACK_MB = 12

# The process tells its own peak: the one that `wait4` gives begins with that of the process it was forked from.
COMMAND = """
import sys
from pathlib import Path
from kit.commands.{0} import {0}
try:
    {0}()
finally:
    sys.stderr.write(Path("/proc/self/status").read_text())
"""


def ground_truth(count: int) -> Iterator[str]:
    for number in range(count):
        box = {"class_id": number % 3, "left": 5, "top": 6, "width": 70, "height": 80}
        yield (
            json.dumps(
                {
                    "source-ref": f"s3://bucket/images/picture-{number:06d}.jpg",
                    "plugs": {"image_size": [{"width": 640, "height": 480, "depth": 3}], "annotations": [box, box]},
                    "plugs-metadata": {
                        "class-map": {str(number % 3): "abc"[number % 3]},
                        "type": "groundtruth/object-detection",
                    },
                }
            )
            + "\n"
        )


def label_studio(count: int) -> Iterator[str]:
    value = {"x": 5, "y": 6, "width": 20, "height": 10, "rotation": 3, "rectanglelabels": ["a"]}
    result = {"type": "rectanglelabels", "original_width": 640, "original_height": 480, "value": value}
    for number in range(count):
        image = {"image": f"s3://bucket/images/picture-{number:06d}.jpg"}
        yield ("," if number else "[") + json.dumps({"annotations": [{"result": [result]}], "data": image})
    yield "]"


def coco(count: int) -> Iterator[str]:
    """Annotations before the images, and in the opposite order."""
    yield '{"categories": [{"id": 1, "name": "a"}], "annotations": ['
    for number in range(count, 0, -1):
        yield json.dumps({"image_id": number, "category_id": 1, "bbox": [5, 6, 70, 80]}) + ("," if number > 1 else "")
    yield '], "images": ['
    for number in range(1, count + 1):
        image = {"id": number, "file_name": f"picture-{number:06d}.jpg", "width": 640, "height": 480}
        yield json.dumps(image) + ("," if number < count else "")
    yield "]}"


def peak_mb(command: str, *arguments: str) -> float:
    """The largest resident memory of one run of a command, as the kernel counted it."""
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND.format(command), *arguments], capture_output=True, text=True, check=True
    )
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("lines", "command", "target"),
    [
        (ground_truth, "convert", "out"),
        (ground_truth, "convert", "out.json"),
        (label_studio, "convert", "out.manifest"),
        (coco, "convert", "out"),
        (coco, "check", None),
    ],
)
def test_peak_memory_is_flat(
    tmp_path: Path, lines: Callable[[int], Iterator[str]], command: str, target: str | None
) -> None:
    peaks = []
    for count in (FEW, MANY):
        source = tmp_path / f"{count}.annotations"
        with source.open("w") as file:
            file.writelines(lines(count))
        peaks.append(peak_mb(command, str(source), *([str(tmp_path / f"{count}-{target}")] if target else [])))
    assert peaks[1] - peaks[0] < SLACK_MB
