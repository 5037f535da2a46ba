"""Kills `make local` at random moments, again and again, with the same command after each: `make bench-run-kills`.

    python bench/run_kills.py [--kills 60] [--seed 0] [--within 1] [--epochs 1] [--image-size 160]

The run of the samples, in processes of this machine, short: a small network and one epoch, so that the time goes into
what can be cut short and not into arithmetic. It gets SIGKILL, by turns all of it at once (make, the kit and what else
is in their group; services have groups of their own) or the kit alone. A run that got to its end is held against one
that nobody disturbed: the same scores, labels, data set and detections; each stage begun once, and once more for each
kill that came while it was under way; no process, and no file but those of the undisturbed run. Then the next run
begins. The first that differs ends this with status 1, and its folder stays.

A kill comes within the time of an undisturbed run, or within a part of that: more kills then come to each run, to what
is left of it after the one before.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from kills import kill_alone, kill_group, start, was_killed

ROOT = Path(__file__).resolve().parents[1]
# Longer than any grace time between SIGTERM and SIGKILL of a service that a killed kit leaves.
SECONDS_TO_END = 45.0
# What the services write for themselves: which files, and how many, is up to them.
THEIRS = ("cloud/localstack/", "cloud/label-studio/")


@dataclass(frozen=True)
class End:
    """What a run came to, without what differs from run to run: times, its name, the numbers of its jobs."""

    summary: dict[str, Any]
    results: dict[str, Any]
    files: set[str]


@dataclass(frozen=True)
class Place:
    """A folder of this bench: `runs` and `tmp`, and the settings of the command."""

    path: Path
    settings: dict[str, str]

    @property
    def run(self) -> Path:
        return (self.path / "runs" / "latest").resolve()

    def make_local(self) -> Popen[str]:
        (self.path / "tmp").mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KIT_", "MAKE", "MFLAGS"))}
        given = [f"{name}={value}" for name, value in self.settings.items()]
        environment = {**kept, "TMPDIR": str(self.path / "tmp")}
        return start(["make", "-C", ROOT, "local", f"RUNS={self.path / 'runs'}", *given], environment)

    def is_at_its_end(self) -> bool:
        """Whether the run has done all that it does; its processes may still be ending."""
        return (self.run / "summary.json").exists()

    def attempts(self) -> dict[str, int]:
        return {name: record["attempts"] for name, record in self.stages().items()}

    def stages(self) -> dict[str, Any]:
        journal = self.run / "journal.json"
        stages: dict[str, Any] = json.loads(journal.read_text())["stages"] if journal.exists() else {}
        return stages


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--within", type=float, default=1, help="part of an undisturbed run")
    parser.add_argument("--epochs", default="1")
    parser.add_argument("--image-size", default="160")
    wanted = parser.parse_args()
    settings = {"RUNTIME": "process", "EPOCHS": wanted.epochs, "IMAGE_SIZE": wanted.image_size}
    (ROOT / "runs").mkdir(exist_ok=True)
    place = Place(Path(tempfile.mkdtemp(dir=ROOT / "runs", prefix="run-kills-")), settings)
    if problem := measure(place, wanted.kills, wanted.within, random.Random(wanted.seed)):
        print(f"{problem}\nSee {place.path}.")
        return 1
    shutil.rmtree(place.path)
    return 0


def measure(place: Place, kills: int, within: float, chance: random.Random) -> str:
    """What went wrong, "" for nothing; tells of each kill and each run."""
    begun = time.monotonic()
    process = place.make_local()
    printed = process.communicate()[0]
    usual = time.monotonic() - begun
    if process.returncode or (problem := left_over(place)):
        return f"Undisturbed, it does not end well: {problem or ''}\n{printed}"
    undisturbed = end_of(place)
    print(f"Undisturbed: {usual:.1f} s, mAP@0.5 {undisturbed.summary['map50']}.", flush=True)
    killed, runs, took = 0, 0, []
    while killed < kills:
        shutil.rmtree(place.path / "runs")
        wanted: Counter[str] = Counter()
        while True:
            alone, moment = chance.random() < 0.5, chance.uniform(0, within * usual)
            # The last of all kills is followed by a run that nobody kills.
            moment = moment if killed < kills else 10 * usual
            before = place.attempts()
            begun = time.monotonic()
            process = place.make_local()
            if not was_killed(process, moment, kill_the_kit if alone else kill_group):
                break
            killed += 1
            stages = place.stages()
            begun_now = {name for name, attempts in place.attempts().items() if attempts > before.get(name, 0)}
            under_way = [name for name in begun_now if stages[name]["state"] != "finished"]
            wanted.update(under_way)
            victim, where = "the kit" if alone else "all", ", ".join(under_way) or "no stage"
            print(f"{killed}: {victim} after {moment:.2f} s, at {where}", flush=True)
            if place.is_at_its_end():  # the same command would begin another run
                break
        took.append(time.monotonic() - begun)
        runs += 1
        if process.returncode and not place.is_at_its_end():
            return f"Run {runs} ended with status {process.returncode}."
        if problem := left_over(place) or difference(place, undisturbed, wanted):
            return f"Run {runs}: {problem}"
        print(f"run {runs}: as if nobody had disturbed it", flush=True)
    middle = statistics.median(took)
    print(f"{killed} kills in {runs} runs: all ended well; from the last kill to the end {middle:.1f} s in the middle.")
    return ""


def kill_the_kit(make: int) -> None:
    """Kills what make runs: the kit, or what makes its environment before; make itself between the two."""
    for process in Path(f"/proc/{make}/task/{make}/children").read_text().split() or [make]:
        kill_alone(int(process))


def difference(place: Place, undisturbed: End, wanted: Counter[str]) -> str:
    """What of a run that was killed is other than undisturbed, "" for nothing.

    Args:
        wanted: by stage, the kills that came while it was under way.
    """
    end = end_of(place)
    for name in undisturbed.summary:
        if end.summary[name] != undisturbed.summary[name]:
            return f"{name} is {end.summary[name]}, undisturbed {undisturbed.summary[name]}"
    for name in undisturbed.results:
        if end.results[name] != undisturbed.results[name]:
            return f"{name} is another"
    if end.files != undisturbed.files:
        return f"other files: {sorted(end.files ^ undisturbed.files)}"
    attempts = place.attempts()
    expected = {name: 1 + wanted[name] for name in attempts}
    return "" if attempts == expected else f"the stages were begun {attempts}, not {expected} times"


def end_of(place: Place) -> End:
    run = place.run
    own = re.compile(rf"{re.escape(run.name)}(-\d+)?")
    told = json.loads((run / "summary.json").read_text())
    kept = ("images", "labels", "labelled", "boxes", "train_images", "held_out_images", "map50", "map", "left_behind")
    lines = [json.loads(line) for line in (run / "results" / "detections.jsonl").read_text().splitlines()]
    paths = [str(path.relative_to(run)) for path in run.rglob("*") if not path.is_dir()]
    return End(
        summary={name: told[name] for name in kept},
        results={
            "results/annotations.json": (run / "results" / "annotations.json").read_bytes(),
            "results/detections.jsonl": [(line["picture"], line["answer"]) for line in lines],
        },
        files={own.sub("<run>", path) for path in paths if not path.startswith(THEIRS)},
    )


def left_over(place: Place) -> str:
    """What a run has left besides its folder, "" for nothing; a killed kit's services have time to end."""
    deadline = time.monotonic() + SECONDS_TO_END
    while found := processes_of(place.path):
        if time.monotonic() > deadline:
            return f"processes: {found}"
        time.sleep(0.5)
    beside = {path.name for path in (place.path / "runs").iterdir()} - {"latest", place.run.name}
    temporary = [str(path) for path in (place.path / "tmp").rglob("*")]
    return f"files: {sorted(beside) + temporary}" if beside or temporary else ""


def processes_of(folder: Path) -> list[str]:
    """The commands of processes that name a path in the folder in their arguments or their environment."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command, variables = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue  # no process, or one that has ended or is another user's
        if process.name != str(os.getpid()) and os.fsencode(folder) in command + variables:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


if __name__ == "__main__":
    sys.exit(main())
