"""Small objects in large pictures: trained on 20 of 1500 x 1100 pixels, scored on as many that were held out.

    .venvs/kit/bin/python bench/far.py [--seeds 0 1 2] [--epochs 30]

The pictures are those that `samples.scenes.render --set far` leaves in runs/far. Each training is the detector's own
command with its defaults but for epochs and seed; the endpoint of `make local` answers, and the kit scores. Prints
Markdown, and fails where the mean mAP@0.5 is below what is wanted.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import BENCH, machine
from serve import endpoint, progress
from training_job import fill_channel, train

from kit.annotations.formats import coco
from kit.annotations.model import AnnotatedPicture
from kit.detection.response import Detection, parse
from kit.detection.scoring import Scores, score
from kit.errors import KitError, SetupError

FAR = BENCH.parent / "runs" / "far"
LEAST_MAP50 = 0.80


@dataclass(frozen=True)
class Result:
    """The result of one training."""

    seed: int
    training_seconds: float
    scores: Scores


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, default=30)
    wanted = parser.parse_args()
    try:
        results = [measure(seed, wanted.epochs) for seed in wanted.seeds]
        print(report(results, truth("train"), truth("held_out"), wanted.epochs))
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    return 0 if mean_map50(results) >= LEAST_MAP50 else 1


def truth(split: str) -> list[AnnotatedPicture]:
    """The pictures of "train" or "held_out" with their boxes.

    Raises:
        SetupError: none has been rendered.
    """
    file = FAR / f"{split}.coco.json"
    if not file.exists():
        raise SetupError(f"There is no {file}: run `make bench-far`, which renders the pictures.")
    return list(coco.read(file).pictures)


def measure(seed: int, epochs: int) -> Result:
    held_out = truth("held_out")
    with tempfile.TemporaryDirectory(prefix="bench-far-") as name:
        base = Path(name)
        converted = fill_channel(base, FAR / "train.coco.json", FAR / "train")
        progress(f"seed {seed}: training, {epochs} epochs")
        began = time.perf_counter()
        train(base, {"epochs": epochs, "seed": seed})
        seconds = time.perf_counter() - began
        with endpoint(base) as (port, _process):
            found = {picture.file_name: answer(port, picture, converted.labels) for picture in held_out}
    scores = score(held_out, found, converted.labels)
    if scores is None:
        raise SetupError(f"{FAR / 'held_out.coco.json'} has no boxes: remove it, and run `make bench-far`.")
    return Result(seed, seconds, scores)


def answer(port: int, picture: AnnotatedPicture, labels: Sequence[str]) -> tuple[Detection, ...]:
    data = (FAR / "held_out" / picture.file_name).read_bytes()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", data, {"Content-Type": "image/jpeg", "Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return parse(response.read(), labels, picture.width, picture.height)


def mean_map50(results: Sequence[Result]) -> float:
    return statistics.fmean(result.scores.map50 for result in results)


def report(
    results: Sequence[Result], train: Sequence[AnnotatedPicture], held_out: Sequence[AnnotatedPicture], epochs: int
) -> str:
    """A table in Markdown."""
    sides = sorted(max(box.width, box.height) for picture in (*train, *held_out) for box in picture.boxes)
    size = f"{held_out[0].width} x {held_out[0].height}"
    classes = [each.label for each in results[0].scores.classes]
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}. Pictures of {size}: {boxes(train)} to train on, "
        f"{boxes(held_out)} held out. Longer side of a box: {sides[0]:.0f} to {sides[-1]:.0f} pixels, median "
        f"{statistics.median(sides):.0f}. {epochs} epochs.",
        "",
        f"| seed | mAP@0.5 | mAP@[.5:.95] | {' | '.join(f'AP@0.5 {label}' for label in classes)} | training, s |",
        "|---|---:|---:|" + "---:|" * (len(classes) + 1),
    ]
    for result in results:
        each = " | ".join("" if one.ap50 is None else f"{one.ap50:.3f}" for one in result.scores.classes)
        lines.append(
            f"| {result.seed} | {result.scores.map50:.3f} | {result.scores.map:.3f} | {each} | "
            f"{result.training_seconds:.0f} |"
        )
    lines += ["", f"Wanted: mAP@0.5 of at least {LEAST_MAP50:.2f}; the mean is {mean_map50(results):.3f}."]
    return "\n".join(lines)


def boxes(pictures: Sequence[AnnotatedPicture]) -> str:
    return f"{len(pictures)} with {sum(len(picture.boxes) for picture in pictures)} boxes"


if __name__ == "__main__":
    sys.exit(main())
