"""What lies where on the desk: footprints, heights, and cables that find their way between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEP = 0.25  # centimetres between the points of a cable
THIN = 0.06  # what is thinner (paper) does not tilt what lies over its edge


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the desk, turned by `yaw` radians, and the height of its top; centimetres."""

    x: float
    y: float
    yaw: float
    half_length: float
    half_width: float
    top: float

    def local(self, points: Array) -> Array:
        """(n, 2) desk points as (along, across) this rectangle."""
        turn = np.array([[math.cos(self.yaw), -math.sin(self.yaw)], [math.sin(self.yaw), math.cos(self.yaw)]])
        return np.asarray((points - (self.x, self.y)) @ turn)

    def holds(self, points: Array, margin: float = 0.0) -> NDArray[np.bool_]:
        """Which of (n, 2) desk points lie on this rectangle grown by `margin`."""
        inside = np.abs(self.local(points)) <= (self.half_length + margin, self.half_width + margin)
        return np.asarray(inside.all(axis=1))

    def grid(self) -> Array:
        """(n, 2) desk points that cover the rectangle, its outline included."""
        along = np.linspace(-self.half_length, self.half_length, max(3, int(self.half_length / 0.2)))
        across = np.linspace(-self.half_width, self.half_width, max(3, int(self.half_width / 0.2)))
        flat = np.array([(a, b) for a in along for b in across])
        turn = np.array([[math.cos(self.yaw), math.sin(self.yaw)], [-math.sin(self.yaw), math.cos(self.yaw)]])
        return np.asarray(flat @ turn + (self.x, self.y))


@dataclass
class Tabletop:
    """Fills up as things are put down; its cords are `cord` centimetres long, from … to."""

    cord: tuple[float, float]
    standing: list[Footprint] = field(default_factory=list)
    flat: list[Footprint] = field(default_factory=list)
    cords: list[Array] = field(default_factory=list)

    def free(self, wanted: Footprint, margin: float = 0.25) -> bool:
        """Whether nothing stands where `wanted` would."""
        cover = wanted.grid()
        return not any(
            other.holds(cover, margin).any() or wanted.holds(other.grid(), margin).any() for other in self.standing
        )

    def ground(self, wanted: Footprint) -> float | None:
        """The height `wanted` would rest at; None over the edge of something thick."""
        height = 0.0
        cover = wanted.grid()
        for sheet in self.flat:
            held = sheet.holds(cover)
            if held.all() or (sheet.top <= THIN and held.any()):
                height = max(height, sheet.top)
            elif held.any():
                return None
        return height

    def heights(self, points: Array) -> Array:
        """How high the top of what is there is, at (n, 2) desk points."""
        heights = np.zeros(len(points))
        for footprint in (*self.flat, *self.standing):
            held = footprint.holds(points, 0.12)
            heights[held] = np.maximum(heights[held], footprint.top)
        for cord in self.cords:
            gaps = np.linalg.norm(points[:, None, :] - cord[None, :, :2], axis=2)
            near = np.where(gaps < 0.45, cord[None, :, 2], 0.0).max(axis=1)
            heights = np.maximum(heights, near)
        return heights

    def lay_cord(
        self, start: tuple[float, float, float], heading: float, rise: float, radius: float, rng: Random
    ) -> list[tuple[float, float, float]]:
        """Lead a cord from `start` towards `heading` (radians), first climbing by `rise` a centimetre.

        Of many random ways it takes the one that climbs over least; where it must cross something it
        bends over it. Returns the points of its middle line.
        """
        ways = [_wander(start, heading, self.cord, rng) for _ in range(30)]
        climbs = [self.heights(way[6:]) for way in ways]
        best = min(range(len(ways)), key=lambda i: float((climbs[i] + 12 * np.maximum(0, climbs[i] - 1)).sum()))
        way = ways[best]
        along = np.arange(len(way)) * STEP
        needed = self.heights(way)
        needed[:6] = 0.0  # its own plug lies there
        falloff = np.exp(-(((along[:, None] - along[None, :]) / 1.1) ** 2))
        lying = (needed[None, :] * falloff).max(axis=1) + radius
        reach = 2.2 + 1.6 * start[2] + 2.5 * abs(rise)
        held = np.clip(1 - along / reach, 0, 1)
        held = held * held * (3 - 2 * held)
        height = lying * (1 - held) + (start[2] + rise * along) * held
        for _ in range(6):  # a cord is too stiff for kinks
            height[1:-1] = (height[:-2] + 2 * height[1:-1] + height[2:]) / 4
        path = np.column_stack([way, np.maximum(height, radius * 0.98)])
        path[0] = start
        self.cords.append(np.column_stack([way, path[:, 2] + radius]))
        return [(float(x), float(y), float(z)) for x, y, z in path]


def _wander(start: tuple[float, float, float], heading: float, length: tuple[float, float], rng: Random) -> Array:
    count = int(rng.uniform(*length) / STEP)
    along = np.arange(count) * STEP
    bend = np.zeros(count)
    for _ in range(3):
        size, wave, phase = rng.uniform(-0.13, 0.13), rng.uniform(8, 30), rng.uniform(0, 6.3)
        bend += size * np.sin(2 * math.pi * along / wave + phase)
    bend *= np.clip((along - 0.8) / 3, 0, 1)
    turned = heading + np.cumsum(bend) * STEP
    steps = np.column_stack([np.cos(turned), np.sin(turned)]) * STEP
    return np.asarray(np.vstack([[0.0, 0.0], np.cumsum(steps, axis=0)[:-1]]) + np.array(start[:2]))


def drape(tabletop: Tabletop, points: Array, shape: tuple[int, int]) -> Array:
    """Heights of a limp sheet over what lies there, at (rows * columns, 2) desk points."""
    floor = tabletop.heights(points).reshape(shape) + 0.03
    sheet = floor.copy()
    for _ in range(500):
        padded = np.pad(sheet, 1, mode="edge")
        mean = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4
        sheet = np.maximum(floor, mean - 0.0002)
    return np.asarray(sheet.reshape(-1))
