"""`make fuzz SECONDS=60`: every reader of outside bytes, for so long in all.

    python -m tests.fuzz.run kit|detector --seconds 60 [--seed 0] [--out runs/fuzz]

Each of the two environments has its readers. What is found is kept as a file, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys
import time
from pathlib import Path

from tests.fuzz.fuzzing import Outcome, Reader, fuzzed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", choices=("kit", "detector"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    wanted = parser.parse_args()
    readers: tuple[Reader, ...] = importlib.import_module(f"tests.fuzz.{wanted.environment}_readers").READERS
    print(f"seed {wanted.seed}")
    found = 0
    for reader in readers:
        outcomes = list(fuzzed(reader, wanted.seed, seconds=wanted.seconds / len(readers)))
        problems = [outcome for outcome in outcomes if outcome.problem]
        slowest = max(outcome.seconds for outcome in outcomes)
        largest = max(outcome.megabytes for outcome in outcomes)
        worst = f"at most {slowest:.1f} s and {largest:.0f} MB"
        print(f"{reader.name}: {len(outcomes)} inputs, {worst}, found: {len(problems)}", flush=True)
        found += len(problems)
        for outcome in problems[:5]:
            print(f"  {keep(outcome, wanted.out / reader.name)}: {outcome.problem.strip().splitlines()[-1]}")
    return 1 if found else 0


def keep(outcome: Outcome, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(outcome.data).hexdigest()[:16]
    path.write_bytes(outcome.data)
    path.with_suffix(".txt").write_text(outcome.problem, "utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
