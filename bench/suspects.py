"""Labels worth another look: how many of those that were spoiled on purpose are at the beginning of the list.

    .venvs/kit/bin/python bench/suspects.py [--seeds 0 1 2] [--epochs 30] [--folds 3]

A tenth of the sample pictures' boxes is spoiled, in five ways by turns: a box is missing, one is too many, of another
class, of sloppy edges, or around an object that has one. Then all is as `kit suspects` does it: the detector's own
training in folds, with the spoiled labels. Prints Markdown, and fails where fewer than `WANTED` of the spoiled are
among the first of the list (`kit.run.suspected`).
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from machine import machine
from serve import progress
from spoiling import Spoiled, spoil

from kit.annotations.formats import coco
from kit.detection.suspects import Reason, ranked
from kit.errors import KitError
from kit.local_cloud import environments
from kit.local_cloud.beside.cross_validation import out_of_fold
from kit.local_cloud.beside.lone_training import Example
from kit.run.picture_set import SAMPLES
from kit.run.suspected import Suspected
from kit.tracks.suspects import FOLDS

SHARE, WANTED = 0.1, 0.8


@dataclass(frozen=True)
class Result:
    """Of one seed: what was spoiled, which of it was found, and how many labels were looked at for that."""

    seed: int
    spoiled: list[Spoiled]
    found: list[Spoiled]
    looked_at: int
    labels: int
    seconds: float

    @property
    def share(self) -> float:
        return len(self.found) / len(self.spoiled)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=FOLDS)
    wanted = parser.parse_args()
    try:
        results = [measure(seed, wanted.epochs, wanted.folds) for seed in wanted.seeds]
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    print(report(results, wanted.epochs, wanted.folds))
    return 0 if all(result.share >= WANTED for result in results) else 1


def measure(seed: int, epochs: int, folds: int) -> Result:
    stream = coco.read(SAMPLES / "train.coco.json")
    pictures, spoiled = spoil(list(stream.pictures), stream.labels, SHARE, seed)
    examples = [Example(picture, SAMPLES / "train" / picture.file_name) for picture in pictures]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-suspects-") as scratch:
        detections = out_of_fold(
            examples,
            stream.labels,
            {"epochs": str(epochs), "seed": str(seed)},
            Path(scratch) / "folds",
            (environments.TRAIN, environments.SERVE),
            count=folds,
            seed=seed,
            advance=lambda done: progress(f"seed {seed}: {done} of {folds} trainings"),
        )
    seconds = time.perf_counter() - began
    suspected = Suspected(sum(len(picture.boxes) for picture in pictures), tuple(ranked(pictures, detections)))
    first = suspected.worth_a_look
    found = [each for each in spoiled if any(each.is_found_by(suspect) for suspect in first)]
    return Result(seed, spoiled, found, len(first), suspected.labels, seconds)


def report(results: list[Result], epochs: int, folds: int) -> str:
    """A table in Markdown."""
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}. {folds} folds, {epochs} epochs.",
        "",
        f"| seed | labels | looked at | {' | '.join(reason.value for reason in Reason)} | found | trainings, s |",
        "|---|---:|---:|" + "---:|" * (len(Reason) + 2),
    ]
    for result in results:
        spoiled, found = (Counter(each.reason for each in listed) for listed in (result.spoiled, result.found))
        by_reason = " | ".join(f"{found[reason]} of {spoiled[reason]}" for reason in Reason)
        lines.append(
            f"| {result.seed} | {result.labels} | {result.looked_at} | {by_reason} | "
            f"{len(result.found)} of {len(result.spoiled)} ({result.share:.0%}) | {result.seconds:.0f} |"
        )
    lines += ["", f"Wanted: {WANTED:.0%} of the spoiled with each seed."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
