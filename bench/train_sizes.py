"""How a training's time grows with pictures and objects: `make bench-train-sizes`.

    .venvs/kit/bin/python bench/train_sizes.py [--pictures 35 500 1500] [--mosaics 35] [--epochs 2]

Trains the detector by its own command with its defaults: on the labelled sample pictures, each as often as it takes to
come to so many, and on mosaics of a dozen of them, which show some 30 objects each. The first epoch does not count.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import training_job
from machine import machine

from kit.errors import KitError
from kit.run.picture_set import SAMPLES

COLUMNS, ROWS = 4, 3
# Of every sample picture.
WIDTH, HEIGHT = 640, 480

Annotation = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """A training: its pictures and boxes, the seconds of an epoch, and of everything else."""

    what: str
    pictures: int
    boxes: int
    epoch_seconds: float
    other_seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, nargs="*", default=[35, 500, 1500])
    parser.add_argument("--mosaics", type=int, default=35)
    parser.add_argument("--epochs", type=int, default=2, help="of a training, the first of which does not count")
    wanted = parser.parse_args()
    if wanted.epochs < 2:
        parser.error("two epochs are needed, as the first does not count")
    try:
        trained = [measured("sample pictures", count, 1, 1, wanted.epochs) for count in wanted.pictures]
        if wanted.mosaics:
            trained.append(measured(f"mosaics of {COLUMNS} x {ROWS}", wanted.mosaics, COLUMNS, ROWS, wanted.epochs))
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    print(report(trained))
    return 0


def measured(what: str, count: int, columns: int, rows: int, epochs: int) -> Trained:
    """Trains on `count` pictures, each of `columns` x `rows` of the samples."""
    print(f"… {count} {what}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-train-sizes-") as name:
        base = Path(name)
        document = json.loads((SAMPLES / "train.coco.json").read_text(encoding="utf-8"))
        boxes = {image["id"]: [] for image in document["images"]}
        for box in document["annotations"]:
            boxes[box["image_id"]].append(box)
        labelled = [image for image in document["images"] if boxes[image["id"]]]
        (base / "pictures").mkdir()
        document["images"], document["annotations"] = [], []
        for number in range(count):
            cells = [labelled[(number + cell) % len(labelled)] for cell in range(columns * rows)]
            file = f"{number}.jpg"
            mosaic([SAMPLES / "train" / cell["file_name"] for cell in cells], columns, base / "pictures" / file)
            image = {"id": number, "file_name": file, "width": WIDTH * columns, "height": HEIGHT * rows}
            document["images"].append(image)
            for place, cell in enumerate(cells):
                document["annotations"] += moved(boxes[cell["id"]], number, place % columns, place // columns)
        for number, box in enumerate(document["annotations"]):
            box["id"] = number
        (base / "labels.coco.json").write_text(json.dumps(document), encoding="utf-8")
        training_job.fill_channel(base, base / "labels.coco.json", base / "pictures")
        began = time.perf_counter()
        printed = training_job.train(base, {"epochs": epochs})
        whole = time.perf_counter() - began
    seconds = [float(each) for each in re.findall(r"\bseconds=([0-9.]+) pictures_per_second", printed)]
    return Trained(what, count, len(document["annotations"]), statistics.median(seconds[1:]), whole - sum(seconds))


def mosaic(files: list[Path], columns: int, target: Path) -> None:
    images = [cv2.imread(str(file)) for file in files]
    rows = [cv2.hconcat(images[start : start + columns]) for start in range(0, len(images), columns)]
    cv2.imwrite(str(target), cv2.vconcat(rows))


def moved(boxes: list[Annotation], image: int, column: int, row: int) -> Iterator[Annotation]:
    for box in boxes:
        left, top, width, height = box["bbox"]
        yield {**box, "image_id": image, "bbox": [left + column * WIDTH, top + row * HEIGHT, width, height]}


def report(trained: list[Trained]) -> str:
    """A table in Markdown."""
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}.",
        "",
        "| | pictures | objects | an epoch, s | a picture of it, ms | everything else, s | 30 epochs, min |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for each in trained:
        whole = (30 * each.epoch_seconds + each.other_seconds) / 60
        lines.append(
            f"| {each.what} | {each.pictures} | {each.boxes} | {each.epoch_seconds:.1f} | "
            f"{each.epoch_seconds / each.pictures * 1000:.0f} | {each.other_seconds:.0f} | {whole:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
