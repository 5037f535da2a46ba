"""Kills the set-up of environments at random moments, again and again, and runs the same command after each.

    python bench/setup_kills.py [--times 50] [--seed 0] [kit localstack moto ...]

In a copy of what the installer needs, in a temporary folder: environments that are not there, or whose lock has
changed since, are made by `requirements/install.py`, which gets SIGKILL, alone or with all that it has started. The
same command has to end well then: its environments import what they are for, hold the very files that an undisturbed
one holds, and nothing lies beside them. The first that does not ends this with status 1.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kills import kill_alone, kill_group, start, was_killed

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("requirements", "kit", "containers", "pyproject.toml", "README.md", "LICENSE")
DEFAULT = ("kit", "localstack", "moto")
IMPORTS = {
    "kit": "kit.cli, kit.tracks.local, sagemaker",
    "localstack": "localstack.runtime.main",
    "label-studio": "label_studio.server",
    "detector": "torch, onnxruntime, detector.training.job",
    "moto": "moto.server",
    "uv": "pip",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {', '.join(IMPORTS)}; default: {' '.join(DEFAULT)}"
    )
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(IMPORTS):
        parser.error(f"no environment: {', '.join(sorted(unknown))}")
    (ROOT / "runs").mkdir(exist_ok=True)
    # On the disk of the repository, where uv's cache can be linked to, or cannot, as in the repository itself.
    with tempfile.TemporaryDirectory(dir=ROOT / "runs", prefix="setup-kills-") as name:
        return measure(Path(name), wanted.names or [*DEFAULT], wanted.times, random.Random(wanted.seed))


def measure(clone: Path, names: list[str], times: int, chance: random.Random) -> int:
    for path in COPIED:
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, clone / path, ignore=shutil.ignore_patterns("build", "__pycache__"))
        else:
            shutil.copy(ROOT / path, clone / path)
    made = ["uv", *names]
    started = time.monotonic()
    printed = install(clone, names).communicate()[0]
    usual = time.monotonic() - started
    if problem := problem_of(printed, clone, made):
        print(f"Undisturbed, it does not end well: {problem}\n{printed}")
        return 1
    files = {name: contents(clone, name) for name in made}
    print(f"Undisturbed: {usual:.1f} s for {', '.join(made)}.", flush=True)
    killed, took = 0, []
    while killed < times:
        from_nothing, alone, moment = chance.random() < 0.5, chance.random() < 0.5, chance.uniform(0, usual)
        if from_nothing:
            shutil.rmtree(clone / ".venvs")
        else:
            for name in made:
                (clone / ".venvs" / name / ".installed").write_text("an earlier lock's")
        if not was_killed(install(clone, names), moment, kill_alone if alone else kill_group):
            continue  # it was quicker this time
        killed += 1
        started = time.monotonic()
        again = install(clone, names)
        printed = again.communicate()[0]
        took.append(time.monotonic() - started)
        problem = f"status {again.returncode}" if again.returncode else problem_of(printed, clone, made)
        if not problem and {name: contents(clone, name) for name in made} != files:
            problem = "other files than undisturbed"
        print(
            f"{killed}: {'from nothing' if from_nothing else 'over older ones'}, killed "
            f"{'alone' if alone else 'with its children'} after {moment:.2f} s, again in {took[-1]:.1f} s: "
            f"{problem or 'well'}",
            flush=True,
        )
        if problem:
            print(printed)
            return 1
    print(f"{times} kills: all ended well, in {statistics.median(took):.1f} s in the middle.")
    return 0


def install(clone: Path, names: list[str]) -> subprocess.Popen[str]:
    return start([sys.executable, clone / "requirements" / "install.py", *names])


def problem_of(printed: str, clone: Path, names: list[str]) -> str:
    """What is wrong with what was made; "" for nothing."""
    if "Traceback" in printed:
        return "a traceback"
    for name in names:
        python = clone / ".venvs" / name / "bin" / "python"
        done = subprocess.run(
            [python, "-c", f"import {IMPORTS[name]}"], cwd=clone / "requirements", capture_output=True, text=True
        )
        if done.returncode != 0:
            return f"{name}: {done.stderr.strip()}"
    wanted = set()
    for name in names:
        place = clone / ".venvs" / name
        # The one before it, for whoever ran from it.
        wanted |= {name, f"{name}.busy", place.resolve().name, (place / ".before").resolve().name}
    beside = {path.name for path in (clone / ".venvs").iterdir()} - wanted
    return f"left over: {sorted(beside)}" if beside else ""


def contents(clone: Path, name: str) -> set[str]:
    """Every file of an environment, but what importing it writes."""
    folder = (clone / ".venvs" / name).resolve()
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix != ".pyc" and path.name not in ("__pycache__", ".before")
    }


if __name__ == "__main__":
    sys.exit(main())
