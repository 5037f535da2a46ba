"""How long `kit convert` takes for a large Ground Truth manifest, and how much memory.

    python bench/convert_memory.py [--pictures 1000000]

Makes an output manifest of seeded random boxes in a temporary folder, converts it to JumpStart's annotations.json in a
process of its own (no pictures are copied), prints the time and that process's peak resident memory, and fails when
the peak is above the limit of 200 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT_MB = 200
CLASSES = ("usb-a", "usb-c", "lightning")


def manifest_lines(pictures: int, seed: int = 0) -> Iterator[str]:
    """Lines as Ground Truth writes them, each with one to four boxes; every hundredth is not labelled."""
    chance = random.Random(seed)
    for number in range(pictures):
        record: dict[str, object] = {"source-ref": f"s3://bucket/bounding_box/images/picture-{number:07d}.jpg"}
        if number % 100:
            boxes = [(chance.randrange(3), chance.randrange(500), chance.randrange(400)) for _ in range(1 + number % 4)]
            record["plugs"] = {
                "image_size": [{"width": 640, "height": 480, "depth": 3}],
                "annotations": [
                    {"class_id": class_id, "left": left, "top": top, "width": 60 + left // 8, "height": 80}
                    for class_id, left, top in boxes
                ],
            }
            record["plugs-metadata"] = {
                "objects": [{"confidence": 0.0} for _ in boxes],
                "class-map": {str(class_id): CLASSES[class_id] for class_id, _, _ in boxes},
                "type": "groundtruth/object-detection",
                "human-annotated": "yes",
                "creation-date": "2026-11-22T10:18:13.527256",
                "job-name": "labeling-job/plugs",
            }
        yield json.dumps(record) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    pictures: int = parser.parse_args().pictures
    with tempfile.TemporaryDirectory(prefix="convert-memory-") as folder:
        manifest, out = Path(folder) / "output.manifest", Path(folder) / "out"
        with manifest.open("w") as file:
            file.writelines(manifest_lines(pictures))
        print(f"{pictures} lines, {manifest.stat().st_size / 1e6:.0f} MB", flush=True)
        began = time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "kit", "convert", str(manifest), str(out)])
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            return child.returncode
        result = out / "training" / "annotations.json"
        peak = usage.ru_maxrss / 1024
        print(f"{result.stat().st_size / 1e6:.0f} MB written")
        print(f"{seconds:.1f} s, {pictures / seconds:.0f} pictures/s, peak {peak:.0f} MB (limit {LIMIT_MB} MB)")
    return 0 if peak < LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
