"""Seconds per epoch: the detector against GluonCV's SSD-512 MobileNet 1.0, the model behind JumpStart's.

    .venvs/kit/bin/python bench/train.py [--rounds 3] [--epochs 3] [--image-size SIDE] [--without-peer]

Both train on the sample pictures with all cores: the peer by `gluoncv_peer.py` at its 512 px, the detector by its own
command, at 512 px and at its default unless other sizes are given. They take turns, so that a slow minute is
everybody's; each turn is a new process, and its first epoch does not count. Beforehand the peer is tried with several
settings and keeps the quickest; the detector keeps its defaults.

An epoch of the detector is one of the detector network and one of the classifier of its proposals. It holds out some
pictures, so every time is that of as many pictures as the peer has; validation counts for neither. Prints
Markdown, and fails where a ratio is above its limit.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path

from machine import BENCH, machine, run
from training_job import fill_channel, train

from kit.errors import KitError, SetupError
from kit.local_cloud import environments

GLUONCV_PYTHON = environments.DETECTOR.parent / "gluoncv" / "bin" / "python"
PEER, PEER_SIZE = "GluonCV's `ssd_512_mobilenet1.0`, 512 px", 512
# At the peer's size the detector may take as long, at any other half of it.
LIMIT, LIMIT_ELSEWHERE = 1.0, 0.5
# Batch sizes and processes that augment beside the training.
PEER_SETTINGS = ((2, 0), (4, 0), (4, 1), (8, 0))

Turn = list[float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="of a turn, the first of which does not count")
    parser.add_argument("--image-size", type=int, action="append", metavar="SIDE", help="of the detector; repeatable")
    parser.add_argument("--without-peer", action="store_true", help="the detector alone")
    wanted = parser.parse_args()
    if wanted.epochs < 2 or wanted.rounds < 1:
        parser.error("at least one round is needed, and two epochs, as the first does not count")
    sizes: list[int | None] = wanted.image_size or [PEER_SIZE, None]
    try:
        with tempfile.TemporaryDirectory(prefix="bench-train-") as name:
            base = Path(name)
            pictures = fill_channel(base)
            tried = {} if wanted.without_peer else try_peer(base / "input" / "data" / "training")
            turns = [
                take_turns(base, sizes, tried, wanted.epochs, f"round {number} of {wanted.rounds}")
                for number in range(1, wanted.rounds + 1)
            ]
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    seconds = {
        name: [picture * pictures.written.pictures for turn in turns for picture in turn[name]] for name in turns[0]
    }
    print(report(seconds, tried, pictures.written.pictures, wanted.rounds))
    return 1 if PEER in seconds and any(ratio(seconds, name) > limit(name) for name in seconds) else 0


def progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def try_peer(channel: Path) -> dict[tuple[int, int], float]:
    """Seconds for a picture with each of `PEER_SETTINGS`.

    Raises:
        SetupError: the peer is not installed.
    """
    if not GLUONCV_PYTHON.exists():
        raise SetupError(f"There is no {GLUONCV_PYTHON}: run `make bench-train`, or this with --without-peer.")
    tried = {}
    for setting in PEER_SETTINGS:
        progress("trying GluonCV, batches of {}, processes that augment: {}".format(*setting))
        tried[setting] = statistics.median(train_peer(channel, setting, 2))
    return tried


def take_turns(
    base: Path, sizes: list[int | None], tried: dict[tuple[int, int], float], epochs: int, name: str
) -> dict[str, Turn]:
    """Seconds for a picture in each epoch that counts, of everybody."""
    turns: dict[str, Turn] = {}
    if tried:
        progress(f"{name}: GluonCV")
        turns[PEER] = train_peer(base / "input" / "data" / "training", min(tried, key=lambda way: tried[way]), epochs)
    for size in sizes:
        progress(f"{name}: the detector, {named(size)}")
        turns[f"the detector, {named(size)}"] = train_detector(base, size, epochs)
    return turns


def named(size: int | None) -> str:
    return f"{size} px" if size else "its default"


def train_peer(channel: Path, setting: tuple[int, int], epochs: int) -> Turn:
    batch_size, workers = setting
    program = [GLUONCV_PYTHON, BENCH / "gluoncv_peer.py", "train", channel]
    options = ["--epochs", epochs, "--batch-size", batch_size, "--workers", workers]
    lines = [json.loads(line) for line in run([*program, *options]).splitlines()]
    return [line["seconds"] / line["pictures"] for line in lines[1:]]


def train_detector(base: Path, image_size: int | None, epochs: int) -> Turn:
    printed = train(base, {"epochs": epochs, **({"image-size": image_size} if image_size else {})})
    lines = re.findall(r"\bseconds=([0-9.]+) pictures_per_second=([0-9.]+)", printed)
    # Both are rounded; the pictures of an epoch are a whole number.
    return [float(seconds) / round(float(seconds) * float(rate)) for seconds, rate in lines[1:]]


def ratio(seconds: dict[str, Turn], name: str) -> float:
    """The time of an epoch in epochs of the peer."""
    return statistics.median(seconds[name]) / statistics.median(seconds[PEER])


def limit(name: str) -> float:
    return LIMIT if name.endswith(f"{PEER_SIZE} px") else LIMIT_ELSEWHERE


def report(seconds: dict[str, Turn], tried: dict[tuple[int, int], float], pictures: int, rounds: int) -> str:
    """A table of the medians, in Markdown."""
    counted = len(next(iter(seconds.values())))
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}. Epochs of {pictures} pictures, {counted} of each in "
        f"{rounds} rounds; medians.",
        "",
        "| | seconds an epoch | lowest .. highest | pictures/s | ratio | wanted |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, epochs in seconds.items():
        median = statistics.median(epochs)
        against = f"{ratio(seconds, name):.2f} | at most {limit(name):.2f}" if PEER in seconds else " | "
        lines.append(
            f"| {name} | {median:.2f} | {min(epochs):.2f} .. {max(epochs):.2f} | {pictures / median:.1f} | "
            f"{'1 | ' if name == PEER else against} |"
        )
    if tried:
        ways = "; ".join(
            f"batches of {batch}{', augmented in a process beside it' if workers else ''}: {each * pictures:.2f} s"
            for (batch, workers), each in tried.items()
        )
        lines += ["", f"GluonCV took the quickest of these settings: {ways}."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
