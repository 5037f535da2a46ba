"""How far people are with labelling, and where: a file of the run that `kit status` reads while they are at it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabellingState:
    """`users`: the names to sign in with. `labelled_by`: pictures that each person of a team has labelled."""

    address: str
    users: tuple[str, ...]
    labelled: int
    total: int
    labelled_by: dict[str, int] = field(default_factory=dict)


def told(labelled_by: dict[str, int]) -> str:
    """Who has labelled how many, the most industrious first: `taro@example.org 12, hanako@example.org 9`."""
    ordered = sorted(labelled_by.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{user} {count}" for user, count in ordered)
