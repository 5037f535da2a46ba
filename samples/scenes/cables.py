"""Cables' looks: smooth, matt or braided."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from typing import Any

from samples.scenes.meshes import Point, tube
from samples.scenes.shading import Colour, material, plastic


def cable(points: list[Point], radius: float, colour: Colour, rng: Random) -> Any:
    """A cable along `points` (centimetres)."""
    if rng.random() < 0.7:
        return tube("cable", points, radius, plastic(colour, rng.uniform(0.3, 0.6), 0.001))
    length = sum(math.dist(a, b) for a, b in pairwise(points))
    return tube("cable", points, radius, _braid(colour, length, rng))


def _braid(colour: Colour, length: float, rng: Random) -> Any:
    """Two sets of strands wound against each other, as the UV along and around the cable gives them."""
    made, shader = material("braid")
    parts = shader.node("SeparateXYZ", {0: shader.node("TexCoord").outputs["UV"]}).outputs
    along = shader.math("MULTIPLY", parts[0], length * 4.0)
    around = shader.math("MULTIPLY", parts[1], 6.0)
    strands = [shader.math("PINGPONG", shader.math(way, along, around), 0.5) for way in ("ADD", "SUBTRACT")]
    weave = shader.math("MULTIPLY", shader.math("MAXIMUM", *strands), 2.0)
    over = shader.math("GREATER_THAN", shader.math("SUBTRACT", *strands), 0.0)
    second = tuple(0.25 * c for c in colour) if rng.random() < 0.4 else tuple(0.8 * c for c in colour)
    shade = shader.mix(over, colour, second)
    deep = shader.mix(shader.math("SUBTRACT", 1.0, weave), shade, tuple(0.15 * c for c in colour))
    shader.principled(deep, 0.7, Normal=shader.bump(weave, 0.02))
    return made
