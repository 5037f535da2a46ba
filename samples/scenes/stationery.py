"""Paper, pens and other things of a desk drawer.

Every function returns an Item lying on z = 0, around the origin; centimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from samples.scenes.meshes import bevel, box, lathe, prism, rounded_rectangle, text, tube
from samples.scenes.shading import STEEL, Colour, material, metal, plastic, srgb

_INKS = ("#1c3f8f", "#151518", "#b4232a", "#2c7a4b", "#5a5d61", "#e0a92e", "#d7d7d4", "#7c3f8c")
_WORDS = (
    *("invoice", "delivery", "notes", "meeting", "order", "monday", "budget", "review"),
    *("table", "market", "total", "paid", "north", "garden", "letter", "paper"),
    *("number", "station", "summer", "window", "bread", "train", "quarter", "report"),
    *("please", "return", "before", "friday", "thanks", "call"),
)


@dataclass(frozen=True)
class Item:
    """Things lie on a `flat` item (paper, notebook) and beside any other."""

    parts: list[Any]
    half_length: float
    half_width: float
    height: float
    flat: bool = False


def paper_material(colour: Colour, rng: Random) -> Any:
    """Paper, slightly uneven."""
    made, shader = material("paper")
    fibre = shader.noise(shader.position(), 4, 6, 0.7)
    pale = shader.mix(shader.span(fibre, 0, 0.12), colour, tuple(0.75 * c for c in colour))
    shader.principled(pale, 0.85, Normal=shader.bump(fibre, rng.uniform(0.003, 0.015)))
    return made


def ink(colour: Colour) -> Any:
    made, shader = material("ink")
    shader.principled(colour, 0.7)
    return made


def _lines(half_length: float, half_width: float, z: float, rng: Random) -> list[Any]:
    """Paragraphs of printed words."""
    size = rng.uniform(0.34, 0.5)
    black = ink(srgb(rng.choice(("#1a1a1c", "#333338", "#1d2d5e"))))
    parts, y = [], half_width - 1.3
    while y > -half_width + 0.8:
        if rng.random() < 0.85:
            width = 2 * half_length - 2.5
            words, used = [], 0.0
            end = width * (1 if rng.random() < 0.7 else rng.uniform(0.3, 0.9))
            while used < end:
                word = rng.choice(_WORDS) if rng.random() < 0.9 else str(rng.randint(10, 9999))
                words.append(word)
                used += (len(word) + 1) * size * 0.5
            line = text(" ".join(words[:-1]), size, black)
            line.location = (-half_length + 1.2, y, z)
            parts.append(line)
        y -= size * 1.5
    return parts


def sheet(rng: Random) -> Item:
    """A printed or an empty sheet."""
    half_length, half_width = rng.choice(((7.4, 10.5), (10.5, 14.8), (10.5, 7.4), (4.5, 8.0)))
    white = paper_material(srgb(rng.choice(("#f4f3ef", "#efeee9", "#f3ecd8", "#e8edf2"))), rng)
    page = box("sheet", (-half_length, -half_width, 0), (half_length, half_width, 0.014), white)
    words = _lines(half_length, half_width, 0.016, rng) if rng.random() < 0.75 else []
    return Item([page, *words], half_length, half_width, 0.016, flat=True)


def sticky_note(rng: Random) -> Item:
    half = 3.8
    colour = srgb(rng.choice(("#f3e36b", "#f4a6b9", "#a7d98b", "#8fd0e6", "#f5c169")))
    page = box("note", (-half, -half, 0), (half, half, 0.03), paper_material(colour, rng))
    scrawl = ink(srgb("#22242c"))
    strokes = []
    for row in range(rng.randint(0, 4)):
        y, x = half - 1.3 - row * 1.3, -half + 0.7
        points = []
        while x < half * rng.uniform(0.5, 0.85):
            points.append((x, y + rng.uniform(-0.3, 0.3), 0.03))
            x += rng.uniform(0.12, 0.3)
        if len(points) > 2:
            strokes.append(tube("scrawl", points, 0.028, scrawl))
    return Item([page, *strokes], half, half, 0.035, flat=True)


def notebook(rng: Random) -> Item:
    half_length, half_width, thick = rng.uniform(7, 10.5), rng.uniform(5, 7.5), rng.uniform(0.6, 1.4)
    colour = srgb(rng.choice(("#1d1e21", "#7c2430", "#27415f", "#c2a878", "#3f5f4b", "#d8d5cf", "#b5562b")))
    cover = plastic(colour, 0.6, 0.006)
    outline = rounded_rectangle(half_length, half_width, 0.4)
    inner = rounded_rectangle(half_length - 0.15, half_width - 0.15, 0.3)
    pages = prism("pages", inner, 0.06, thick - 0.06, paper_material(srgb("#ece5d3"), rng))
    covers = [prism("cover", outline, low, low + 0.07, cover, 0.02) for low in (0, thick - 0.07)]
    return Item([pages, *covers], half_length, half_width, thick, flat=True)


def pen(rng: Random) -> Item:
    """A ball pen with a clip."""
    length, radius = rng.uniform(13, 14.5), rng.uniform(0.42, 0.55)
    start = -length / 2
    body = plastic(srgb(rng.choice(_INKS)), rng.uniform(0.15, 0.4))
    bright = metal(STEEL, 0.18)
    end = length / 2 - 0.5
    barrel = lathe(
        "barrel",
        [(start + 1.4, radius * 0.75), (start + 3.5, radius), (end - 0.1, radius * 0.95), (end, 0.3)],
        body,
    )
    tip = lathe("tip", [(start, 0.05), (start + 0.3, 0.12), (start + 1.4, radius * 0.72), (start + 1.5, 0.2)], bright)
    knob = lathe("knob", [(length / 2 - 0.5, 0.26), (length / 2 + 0.4, 0.26), (length / 2 + 0.5, 0.18)], bright)
    clip = box("clip", (length / 2 - 4.4, -0.16, radius - 0.02), (length / 2 - 0.7, 0.16, radius + 0.09), bright, 0.03)
    turn = rng.uniform(-1.4, 1.4)
    parts = [barrel, tip, knob, clip]
    for part in parts:
        part.rotation_euler = (turn, 0, 0)
        part.location = (0, 0, radius)
    return Item(parts, length / 2 + 0.5, radius, 2 * radius)


def pencil(rng: Random) -> Item:
    length, radius = rng.uniform(9, 17.5), 0.37
    paint = plastic(srgb(rng.choice(("#e0b02c", "#c33a2c", "#2b4f9e", "#1f1f21", "#3b8f5a"))), 0.3)
    wood = plastic(srgb("#d7b184"), 0.7, 0.004)
    lead = plastic((0.03, 0.03, 0.032), 0.4)
    start = -length / 2
    parts = [
        lathe("shaft", [(start + 2.2, radius), (length / 2, radius)], paint, 6),
        lathe("cut", [(start + 0.55, 0.11), (start + 2.25, radius * 0.98)], wood, 24),
        lathe("lead", [(start, 0.02), (start + 0.58, 0.115)], lead, 16),
        lathe("ferrule", [(length / 2 - 0.02, 0.36), (length / 2 + 1.1, 0.36)], metal((0.7, 0.62, 0.35), 0.3)),
        lathe(
            "rubber",
            [(length / 2 + 1.1, 0.34), (length / 2 + 1.8, 0.33), (length / 2 + 1.95, 0.24)],
            plastic(srgb("#d98e8a"), 0.8),
        ),
    ]
    for part in parts:
        part.location = (0, 0, radius * 0.9)
    return Item(parts, length / 2 + 2, 0.4, 0.74)


def eraser(rng: Random) -> Item:
    half, width, high = rng.uniform(1.6, 2.6), rng.uniform(0.9, 1.2), rng.uniform(0.9, 1.3)
    rubber = box("rubber", (-half, -width, 0), (half, width, high), plastic(srgb("#e9e7e2"), 0.8), 0.12)
    colour = plastic(srgb(rng.choice(_INKS)), 0.5)
    sleeve = box("sleeve", (-half + 0.9, -width - 0.03, 0), (half - 0.05, width + 0.03, high + 0.03), colour, 0.1)
    return Item([rubber, sleeve], half, width + 0.05, high)


def paperclip(rng: Random) -> Item:
    wire = metal(STEEL, 0.2) if rng.random() < 0.6 else plastic(srgb(rng.choice(_INKS)), 0.3)
    points: list[tuple[float, float, float]] = [(-0.6, 0.4, 0.06)]
    # Three half turns, each inside the last: around the right end, the left end, and the right end again.
    for x, middle, radius, begin in ((1.2, 0.0, 0.4, 90), (-1.1, -0.06, 0.34, 270), (0.8, -0.03, 0.31, 90)):
        for step in range(9):
            turn = math.radians(begin - 22.5 * step)
            points.append((x + radius * math.cos(turn), middle + radius * math.sin(turn), 0.05 + 0.004 * len(points)))
    points.append((-0.5, -0.34, 0.15))
    return Item([tube("clip", points, 0.045, wire)], 1.6, 0.5, 0.1)


def ruler(rng: Random) -> Item:
    half, width = 10.5, 1.5
    body = plastic(srgb(rng.choice(("#d9c08a", "#c9cdd2", "#e8e6de", "#3c6fa8"))), 0.4)
    plate = bevel(box("ruler", (-half, -width, 0), (half, width, 0.22), body), 0.05)
    black = ink((0.02, 0.02, 0.02))
    marks = []
    for i in range(101):
        long = 0.75 if i % 10 == 0 else 0.5 if i % 5 == 0 else 0.32
        x = -10 + 0.2 * i if i % 10 else -10 + 2 * (i // 10)
        marks.append(box("mark", (x - 0.014, width - long, 0.2), (x + 0.014, width - 0.06, 0.224), black))
        if i % 10 == 0:
            digits = text(str(i // 5), 0.5, black)
            digits.location = (x - 0.15, width - 1.3, 0.224)
            marks.append(digits)
    return Item([plate, *marks], half, width, 0.22)
