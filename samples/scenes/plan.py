"""Which pictures there are, and which plugs each shows."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from samples.scenes.plugs import CLASSES

# How many pictures have 0, 1, … 6 plugs.
_COUNTS = {"train": (2, 8, 9, 7, 5, 2, 2), "held_out": (5, 15, 16, 13, 9, 4, 3)}
_FIRST = {"train": 1, "held_out": 36}


@dataclass(frozen=True)
class Picture:
    """`number` seeds everything random in the picture; no two pictures share one."""

    split: str
    number: int
    plugs: tuple[str, ...]

    @property
    def file_name(self) -> str:
        return f"plugs-{self.number:03}.jpg"


def pictures(split: str) -> list[Picture]:
    """Every picture of "train" or "held_out"; plugs of the three classes in equal numbers, give or take one."""
    rng = Random(f"plan of {split}")
    counts = [plugs for plugs, many in enumerate(_COUNTS[split]) for _ in range(many)]
    rng.shuffle(counts)
    total = sum(counts)
    deck = [CLASSES[i % len(CLASSES)] for i in range(total)]
    rng.shuffle(deck)
    made = []
    for offset, count in enumerate(counts):
        made.append(Picture(split, _FIRST[split] + offset, tuple(deck[:count])))
        deck = deck[count:]
    return made
