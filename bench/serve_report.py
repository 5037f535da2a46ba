"""The measurements of `serve.py`, and their tables in Markdown."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machine import machine


@dataclass(frozen=True)
class Leg:
    """One way to have the pictures answered, in one round."""

    name: str
    milliseconds: tuple[float, ...]
    per_second: float

    @property
    def p50(self) -> float:
        return statistics.median(self.milliseconds)


@dataclass(frozen=True)
class Round:
    """One round of measurements, its legs taken in turn.

    Attributes:
        bare: decoding and `session.run`, in each way that may be the fastest; the fastest counts.
        inside: the kit's own code from a JPEG's bytes to the answer's, in the same process.
        endpoint: with 1, 4 and 16 clients.
        clients_share: the part of the machine's cores that the clients of each of these took.
        peer: GluonCV's network alone, and from the JPEG's bytes; empty where it is not installed.
    """

    bare: tuple[Leg, ...]
    inside: tuple[Leg, ...]
    endpoint: tuple[Leg, ...]
    clients_share: tuple[float, ...]
    peer: tuple[Leg, ...]


@dataclass(frozen=True)
class Memory:
    """Resident megabytes of the server after so many requests, with so many pictures in turn."""

    readings: tuple[tuple[int, float], ...]
    pictures: int


def report(rounds: Sequence[Round], memory: Memory) -> str:
    one, *_, many = range(len(rounds[0].endpoint))
    ratios: list[tuple[str, str, Callable[[Round], float]]] = [
        ("p50 with 1 client / bare loop's", "at most 1.25", lambda r: r.endpoint[one].p50 / soonest(r.bare)),
        ("throughput with 16 clients / bare loop's", "at least 0.85", lambda r: rate(r, many) / most(r.bare)),
        ("p50 with 1 client / the kit's own in process", "", lambda r: r.endpoint[one].p50 / soonest(r.inside)),
        ("throughput with 16 clients / the kit's own in process", "", lambda r: rate(r, many) / most(r.inside)),
    ]
    if rounds[0].peer:
        ratios += [
            ("p50 with 1 client / GluonCV's forward", "", lambda r: r.endpoint[one].p50 / r.peer[0].p50),
            ("p50 with 1 client / GluonCV's decode and forward", "", lambda r: r.endpoint[one].p50 / r.peer[1].p50),
            ("throughput with 16 clients / GluonCV's forward", "", lambda r: rate(r, many) / r.peer[0].per_second),
        ]
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}. Rounds: {len(rounds)}, of "
        f"{len(rounds[0].endpoint[0].milliseconds)} pictures a leg; medians of the rounds, p99 of all.",
        "",
        "| Ratio | median | lowest .. highest round | wanted |",
        "|---|---:|---:|---:|",
    ]
    for name, wanted, ratio in ratios:
        values = [ratio(r) for r in rounds]
        lines.append(
            f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} .. {max(values):.2f} | {wanted} |"
        )
    lines += ["", "| | p50 ms | p99 ms | pictures/s | clients' share of the cores |", "|---|---:|---:|---:|---:|"]
    shares = [statistics.median(r.clients_share[index] for r in rounds) for index in range(many + 1)]
    lines += rows("endpoint, ", [r.endpoint for r in rounds], lambda index: f"{shares[index]:.1%}")
    lines += rows("decode + `session.run`, ", [r.bare for r in rounds])
    lines += rows("decode + `detect` + JSON, ", [r.inside for r in rounds])
    lines += rows("GluonCV, ", [r.peer for r in rounds])
    lines += ["", f"Resident memory of the server, 16 clients, {memory.pictures} pictures of many sizes in turn:", ""]
    lines += ["| requests | " + " | ".join(f"{count:,}" for count, _ in memory.readings) + " |"]
    lines += ["|---|" + "---:|" * len(memory.readings)]
    lines += ["| MB | " + " | ".join(f"{size:.0f}" for _, size in memory.readings) + " |", ""]
    return "\n".join(lines)


def soonest(legs: Sequence[Leg]) -> float:
    return min(leg.p50 for leg in legs)


def most(legs: Sequence[Leg]) -> float:
    return max(leg.per_second for leg in legs)


def rate(measured: Round, clients: int) -> float:
    return measured.endpoint[clients].per_second


def rows(prefix: str, rounds: Sequence[Sequence[Leg]], last: Callable[[int], str] = lambda _: "") -> list[str]:
    """A row for each leg, over all rounds."""
    lines = []
    for index, legs in enumerate(zip(*rounds, strict=True)):
        every = sorted(value for leg in legs for value in leg.milliseconds)
        p50, rate = (
            statistics.median(values) for values in zip(*((leg.p50, leg.per_second) for leg in legs), strict=True)
        )
        p99 = f"{every[round(0.99 * (len(every) - 1))]:.1f}" if len(every) > len(legs) else ""
        lines.append(f"| {prefix}{legs[0].name} | {p50:.1f} | {p99} | {rate:.1f} | {last(index)} |")
    return lines
