"""The metal ends of the three plugs, to their standards' measures.

Each points along +x from x = 0 (where the housing ends), y is its width, z its thickness; centimetres.
USB-A after the USB 2.0 specification's chapter 6 (12.0 x 4.5 mm shell, two 2.5 x 2.0 mm windows a side),
USB-C after the Type-C specification's chapter 3 (8.34 x 2.56 mm shell, 6.65 mm long), Lightning as measured
(6.7 x 1.5 mm tab, eight contacts a face).
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

from samples.scenes.meshes import bevel, box, loft, mesh_object, prism, rounded_rectangle
from samples.scenes.shading import GOLD, STEEL, Colour, metal, plastic


def metal_end(kind: str, rng: Random) -> list[Any]:
    """The objects of one plug's metal end, its plastic inner parts among them."""
    shine = rng.uniform(0.16, 0.34)
    plating = metal(_tinted(STEEL, rng), shine, rng.uniform(0.0003, 0.0012))
    return {"usb-a": _usb_a, "usb-c": _usb_c, "lightning": _lightning}[kind](plating, rng)


def _tinted(colour: Colour, rng: Random) -> Colour:
    warmth, light = rng.uniform(-0.03, 0.05), rng.uniform(0.85, 1.1)
    return (colour[0] + warmth) * light, colour[1] * light, (colour[2] - warmth) * light


def _usb_a(plating: Any, rng: Random) -> list[Any]:
    length = rng.uniform(1.17, 1.3)
    half_width, half_height = 0.6, 0.225
    window_x = (0, length - 0.72, length - 0.52, length)
    window_y = (0.16, 0.41)
    corner = rounded_rectangle(half_width, half_height, 0.07, 4)
    flat = [*(-y for y in reversed(window_y)), *window_y]
    # One ring: the four rounded corners, and on top and bottom the points where the windows begin and end.
    ring = [
        *corner[:5],
        *((y, half_height) for y in reversed(flat)),
        *corner[5:15],
        *((y, -half_height) for y in flat),
        *corner[15:],
    ]
    # After 5 corner points, points 5..8 are the top's; after 10 more, points 19..22 are the bottom's.
    windows = {5, 7, 19, 21}
    points = [(x, y, z) for x in window_x for y, z in ring]
    count = len(ring)
    faces = [
        (a, b, b + count, a + count)
        for station in range(3)
        for i in range(count)
        if not (station == 1 and i in windows)
        for a, b in [(station * count + i, station * count + (i + 1) % count)]
    ]
    shell = mesh_object("usb-a shell", points, faces, plating)
    thick = shell.modifiers.new("thickness", "SOLIDIFY")
    thick.thickness, thick.offset, thick.use_even_offset = 0.034, -1, True
    bevel(shell, 0.009)
    tongue_colour = rng.choice([(0.75, 0.75, 0.73), (0.015, 0.015, 0.017), (0.02, 0.12, 0.55), (0.7, 0.7, 0.7)])
    inner = plastic(tongue_colour, 0.45)
    tongue = box("tongue", (0, -0.545, -0.01), (length - 0.07, 0.545, 0.185), inner, 0.015)
    back = box("back", (-0.02, -0.56, -0.185), (0.12, 0.56, 0.185), inner)
    gold = metal(GOLD, 0.25)
    contacts = [
        box("contact", (0.3, y - 0.055, -0.024), (length - 0.16, y + 0.055, -0.01), gold)
        for y in (-0.35, -0.1, 0.1, 0.35)
    ]
    return [shell, tongue, back, *contacts]


def _usb_c(plating: Any, rng: Random) -> list[Any]:
    length = rng.uniform(0.65, 0.72)
    outline = rounded_rectangle(0.417, 0.128, 0.128, 10)
    near_tip = rounded_rectangle(0.407, 0.118, 0.118, 10)
    rings = [[(x, y, z) for y, z in outline] for x in (0, length - 0.025)]
    rings.append([(length, y, z) for y, z in near_tip])
    shell = loft("usb-c shell", rings, plating, capped=False)
    thick = shell.modifiers.new("thickness", "SOLIDIFY")
    thick.thickness, thick.offset, thick.use_even_offset = 0.034, -1, True
    bevel(shell, 0.006)
    dark = plastic((0.012, 0.012, 0.013), 0.5)
    core = rounded_rectangle(0.385, 0.096, 0.096, 8)
    back = loft("back", [[(x, y, z) for y, z in core] for x in (-0.02, 0.16)], dark)
    gold = metal(GOLD, 0.25)
    contacts = [
        box("contact", (0.14, y - 0.013, side * 0.062 - 0.01), (length - 0.12, y + 0.013, side * 0.062 + 0.01), gold)
        for side in (-1, 1)
        for y in (-0.275 + 0.05 * i for i in range(12))
    ]
    return [shell, back, *contacts]


def _lightning(plating: Any, rng: Random) -> list[Any]:
    length, half_width, half_height = rng.uniform(0.69, 0.78), 0.335, 0.075
    tip = [
        (length - 0.13 + 0.13 * math.cos(a), side * (half_width - 0.13) + 0.13 * math.sin(a) * side)
        for side, angles in ((1, (80, 60, 40, 20, 0)), (-1, (0, 20, 40, 60, 80)))
        for a in map(math.radians, angles)
    ]

    def notch(side: int) -> list[tuple[float, float]]:
        turn = [math.radians(20 * i) for i in range(1, 9)]
        spots = [(0.24 + 0.055 * math.cos(t), side * (half_width - 0.05 * math.sin(t))) for t in turn]
        return spots if side > 0 else spots[::-1]

    outline = [(-0.02, half_width), (-0.02, -half_width), *notch(-1), *tip[::-1], *notch(1)]
    tab = prism("lightning tab", outline, -half_height, half_height, plating, 0.035)
    collar = prism("collar", [(-0.03, -0.36), (0.035, -0.36), (0.035, 0.36), (-0.03, 0.36)], -0.1, 0.1, plating, 0.02)
    inset = plastic(rng.choice([(0.03, 0.03, 0.032), (0.25, 0.25, 0.25), (0.55, 0.55, 0.54)]), 0.4)
    gold = metal(GOLD, 0.22)
    start, end = length - 0.4, length - 0.1
    plate = [(x + (start + end) / 2, y) for x, y in rounded_rectangle((end - start) / 2, 0.235, 0.05)]
    pad = [(x + (start + end) / 2, y) for x, y in rounded_rectangle((end - start) / 2 - 0.03, 0.0185, 0.018, 3)]
    parts = [tab, collar]
    for side in (-1, 1):
        surface = side * half_height
        parts.append(prism("inset", plate, surface - 0.003, surface + 0.003, inset))
        for i in range(8):
            across = (i - 3.5) * 0.0545
            spots = [(x, y + across) for x, y in pad]
            parts.append(prism("contact", spots, surface - 0.006, surface + 0.006, gold))
    return parts
