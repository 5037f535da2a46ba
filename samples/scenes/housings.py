"""Moulded housings and strain reliefs; the same shapes and colours serve all three plugs.

A housing starts at x = 0 and runs to negative x; centimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from samples.scenes.meshes import Point, loft, rounded_rectangle
from samples.scenes.shading import Colour, metal, plastic, srgb

# (lowest, highest) of half width, half height and length for each plug.
_SIZES = {
    "usb-a": ((0.74, 0.86), (0.36, 0.46), (1.5, 2.5)),
    "usb-c": ((0.52, 0.66), (0.27, 0.37), (1.1, 1.9)),
    "lightning": ((0.42, 0.56), (0.26, 0.34), (1.0, 1.7)),
}
_PLASTICS = (
    *("#f1f1ee", "#f4f3f0", "#e6e4df", "#151517", "#1c1c1e", "#2a2a2c", "#4b4d50", "#8b8d8f"),
    *("#b3202a", "#1f4fa0", "#1f7f86", "#2f8b4d", "#e2802a", "#d79aa6", "#6a4c93", "#e8d44c"),
)
_ANODISED = ("#c9cacc", "#8e9094", "#c98f86", "#c8a165", "#33363b", "#3d5f93", "#9c2c33")


@dataclass(frozen=True)
class Housing:
    """`parts` of the housing; the cable leaves at (tail, 0, 0), `cable_radius` thick, of `cable_colour`."""

    parts: list[Any]
    tail: float
    half_width: float
    cable_radius: float
    cable_colour: Colour


def housing(kind: str, rng: Random) -> Housing:
    """A housing for the plug `kind`, with the strain relief that belongs to it."""
    half_width, half_height, length = (rng.uniform(*span) for span in _SIZES[kind])
    shape = rng.choice(("block", "block", "taper", "capsule", "waist", "metal", "metal"))
    cable_radius = rng.uniform(0.14, 0.22)
    cable_colour = srgb(rng.choice(_PLASTICS))
    relief_colour = cable_colour
    if shape == "metal":
        body = metal(srgb(rng.choice(_ANODISED)), rng.uniform(0.28, 0.45), 0.0008, brushed=rng.random() < 0.5)
    else:
        colour = cable_colour if rng.random() < 0.7 else srgb(rng.choice(_PLASTICS))
        relief_colour = colour
        body = plastic(colour, rng.uniform(0.28, 0.6), rng.choice((0.0005, 0.002, 0.004)))
    corner = {"block": 0.16, "taper": 0.2, "capsule": 1.0, "waist": 0.22, "metal": rng.choice((0.1, 1.0))}[shape]
    rings = [
        _section(-at * length, half_width, half_height, corner, _shrink(shape, at), inset)
        for at, inset in _stations(length, 0.03 if shape == "metal" else rng.uniform(0.05, 0.1))
    ]
    parts = [loft("housing", rings, body)]
    if shape == "waist":
        parts += _grips(length, half_width, half_height, corner, body)
    relief, tail = _strain_relief(length, half_height, cable_radius, relief_colour, rng)
    return Housing([*parts, relief], tail, half_width, cable_radius, cable_colour)


def _stations(length: float, fillet: float) -> list[tuple[float, float]]:
    """(fraction of the length, inset) of each ring: rounded off at both ends."""
    turn = [math.radians(90 * i / 5) for i in range(6)]
    front = [(fillet * (1 - math.sin(t)) / length, fillet * (1 - math.cos(t))) for t in reversed(turn)]
    back = [(1 - at, inset) for at, inset in reversed(front)]
    return [*front, *((i / 12, 0.0) for i in range(2, 11)), *back]


def _shrink(shape: str, at: float) -> float:
    """How wide the body is at a fraction of its length, of its full width."""
    if shape == "taper":
        return 1 - 0.3 * math.pow(at, 1.6)
    if shape == "waist":
        return 1 - 0.14 * math.sin(math.pi * min(1.0, max(0.0, (at - 0.15) / 0.75))) ** 2
    return 1.0


def _section(
    x: float, half_width: float, half_height: float, corner: float, shrink: float, inset: float
) -> list[Point]:
    wide, high = half_width * shrink - inset, half_height * (0.4 + 0.6 * shrink) - inset
    return [(x, y, z) for y, z in rounded_rectangle(wide, high, max(0.04, corner - inset), 7)]


def _grips(length: float, half_width: float, half_height: float, corner: float, body: Any) -> list[Any]:
    """Raised bars across both faces, to pull by."""
    bars = []
    for i in range(4):
        at = 0.35 + 0.11 * i
        shrink = _shrink("waist", at)
        rings = []
        for offset, lift in ((-0.05, -0.03), (-0.03, 0.022), (0.03, 0.022), (0.05, -0.03)):
            rings.append(
                _section(-at * length + offset, half_width * 0.72 + lift, half_height + lift, corner, shrink, 0)
            )
        bars.append(loft("grip", rings, body))
    return bars


def _strain_relief(
    length: float, half_height: float, cable_radius: float, colour: Colour, rng: Random
) -> tuple[Any, float]:
    """Either a ribbed boot or a plain sleeve; and the x where it ends."""
    reach = rng.uniform(0.35, 0.75)
    start = min(half_height * 0.85, cable_radius * 1.75)
    ribbed = rng.random() < 0.5
    rings = []
    steps = 28
    for i in range(steps + 1):
        at = i / steps
        radius = start + (cable_radius * 1.12 - start) * at
        if ribbed and (i // 2) % 2 and i < steps:
            radius -= 0.035
        turns = (2 * math.pi * k / 28 for k in range(28))
        rings.append([(-length + 0.05 - at * reach, radius * math.cos(t), radius * math.sin(t)) for t in turns])
    return loft("strain relief", rings, plastic(colour, 0.5)), -length + 0.05 - reach
