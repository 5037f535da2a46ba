"""Boxes that need not be drawn: labelling with a model that learns beside, by a scripted person who corrects.

    .venvs/kit/bin/python bench/assist.py [--far] [--seed 0]

The person labels the pictures one by one. From the ninth on a model proposes boxes, as `ASSIST=1` has it: it learns at
8, 16, 32 … labelled pictures, and the picture it is least certain of comes next. A proposal of the right class with
IoU 0.8 or more is left as it is; one of IoU 0.5 or more is corrected, in its edges or its class; any other is deleted,
and what has none is drawn. The model learns while the person waits, so that what is measured does not depend on the
machine. Prints Markdown, and fails where fewer than `WANTED` of the boxes are spared on the samples.

`--far` takes 60 pictures with small objects: the 40 of `make bench-far` and 20 besides, which `make bench-assist FAR=1`
renders first.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machine import BENCH, machine
from serve import progress

from kit.annotations.formats import coco
from kit.annotations.model import BoundingBox
from kit.detection.proposals import Proposal
from kit.detection.verdicts import IOU, intersection_over_union
from kit.errors import KitError, SetupError
from kit.local_cloud import environments
from kit.local_cloud.beside.lone_training import Example
from kit.local_cloud.beside.proposer import FIRST, learn, next_at
from kit.run.picture_set import SAMPLES

FAR = BENCH.parent / "runs" / "far"
UNTOUCHED = 0.8
WANTED = 0.6
COMMANDS = (environments.TRAIN, environments.SERVE)


@dataclass
class Tally:
    """What became of the boxes of the pictures after the eighth, and of what was proposed there."""

    deeds: Counter[str] = field(default_factory=Counter)
    threshold: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def boxes(self) -> int:
        return self.deeds["untouched"] + self.deeds["corrected"] + self.deeds["drawn"]

    @property
    def spared(self) -> float:
        return 1 - self.deeds["drawn"] / self.boxes

    @property
    def untouched_proposals(self) -> float:
        proposed = self.deeds["untouched"] + self.deeds["corrected"] + self.deeds["deleted"]
        return self.deeds["untouched"] / proposed if proposed else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--far", action="store_true", help="the pictures with small objects")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    try:
        examples, labels = far() if wanted.far else samples()
        tally = label_all(examples, labels, wanted.seed)
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    print(report("small objects" if wanted.far else "samples", len(examples), tally))
    return 0 if wanted.far or tally.spared >= WANTED else 1


def samples() -> tuple[list[Example], tuple[str, ...]]:
    return _read(SAMPLES, ("train",))


def far() -> tuple[list[Example], tuple[str, ...]]:
    """Raises SetupError where they have not been rendered."""
    if not (FAR / "more.coco.json").exists():
        raise SetupError(f"There is no {FAR / 'more.coco.json'}: `make bench-assist FAR=1` renders the pictures.")
    return _read(FAR, ("train", "held_out", "more"))


def _read(folder: Path, splits: Sequence[str]) -> tuple[list[Example], tuple[str, ...]]:
    examples: list[Example] = []
    for split in splits:
        stream = coco.read(folder / f"{split}.coco.json")
        examples += [Example(picture, folder / split / picture.file_name) for picture in stream.pictures]
    return examples, stream.labels


def label_all(examples: Sequence[Example], labels: Sequence[str], seed: int) -> Tally:
    tally = Tally()
    to_do, done = list(examples), list[Example]()
    proposals: dict[str, Proposal] = {}
    due_at = FIRST
    with tempfile.TemporaryDirectory(prefix="bench-assist-") as scratch:
        while to_do:
            if len(done) >= due_at:
                due_at = next_at(len(done))
                progress(f"learning from {len(done)} pictures")
                began = time.perf_counter()
                proposer = learn(done, labels, {"seed": str(seed)}, Path(scratch) / str(len(done)), COMMANDS)
                proposals = dict(proposer.propose(to_do, labels, environments.SERVE))
                tally.seconds.append(time.perf_counter() - began)
                tally.threshold.append(proposer.threshold)
                to_do.sort(key=lambda each: proposals[each.picture.file_name].certainty)
            example = to_do.pop(0)
            if len(done) >= FIRST:
                proposed = proposals[example.picture.file_name]
                tally.deeds.update(deeds(example.picture.boxes, [each.box for each in proposed.detections]))
                progress(f"{len(done) + 1}: {dict(tally.deeds)}")
            done.append(example)
    return tally


def deeds(true: Sequence[BoundingBox], proposed: Sequence[BoundingBox]) -> Iterator[str]:
    """What the person does with each box: takes the proposal that fits it best, corrects it, draws it; or deletes."""
    pairs = sorted(
        ((intersection_over_union(box, each), a, b) for a, box in enumerate(true) for b, each in enumerate(proposed)),
        reverse=True,
    )
    taken: dict[int, int] = {}
    for overlap, box, each in pairs:
        if overlap < IOU or box in taken or each in taken.values():
            continue
        taken[box] = each
        fits = overlap >= UNTOUCHED and true[box].label == proposed[each].label
        yield "untouched" if fits else "corrected"
    yield from ["drawn"] * (len(true) - len(taken))
    yield from ["deleted"] * (len(proposed) - len(taken))


def report(name: str, pictures: int, tally: Tally) -> str:
    """A table in Markdown."""
    deeds, boxes = tally.deeds, tally.boxes
    return "\n".join(
        [
            f"{datetime.date.today().isoformat()}, {machine()}. {pictures} pictures; learning took "
            f"{', '.join(f'{seconds:.0f}' for seconds in tally.seconds)} s.",
            "",
            "| pictures | boxes from the ninth picture on | untouched | corrected | drawn by hand | proposals deleted "
            "| fewer drawn | proposals that needed no touch |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
            f"| {name} | {boxes} | {deeds['untouched']} | {deeds['corrected']} | {deeds['drawn']} | "
            f"{deeds['deleted']} | {tally.spared:.0%} | {tally.untouched_proposals:.0%} |",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
