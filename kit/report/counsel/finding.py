"""One thing that a run shows, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that a run shows.

    Attributes:
        name: for tests and anchors.
        what: what is seen, with its figures.
        todo: what helps.
        command: to type; empty where nothing is to be typed.
        details: what it is about one by one, a line each.
    """

    name: str
    what: str
    todo: str
    command: str = ""
    details: tuple[str, ...] = ()
