"""Coins, keys, a mug and devices: more clutter. Every function returns an Item, as in stationery."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import bpy

from samples.scenes.meshes import box, lathe, prism, rounded_rectangle, text, tube
from samples.scenes.shading import GOLD, STEEL, material, metal, plastic, srgb
from samples.scenes.stationery import Item, ink

_COPPER = (0.72, 0.36, 0.2)
_BRASS = (0.75, 0.58, 0.28)


def plate(outlines: list[list[tuple[float, float]]], thick: float, made_of: Any, round_by: float = 0.015) -> Any:
    """A flat piece, 0 to `thick` high; outlines after the first are holes in it."""
    curve = bpy.data.curves.new("plate", "CURVE")
    curve.dimensions, curve.fill_mode = "2D", "BOTH"
    curve.extrude, curve.bevel_depth, curve.bevel_resolution = thick / 2 - round_by, round_by, 2
    for outline in outlines:
        spline = curve.splines.new("POLY")
        spline.points.add(len(outline) - 1)
        for target, (x, y) in zip(spline.points, outline, strict=True):
            target.co = (x, y, 0, 1)
        spline.use_cyclic_u = True
    curve.materials.append(made_of)
    made = bpy.data.objects.new("plate", curve)
    made.location = (0, 0, thick / 2)
    bpy.context.scene.collection.objects.link(made)
    return made


def _circle(x: float, y: float, radius: float, count: int = 32) -> list[tuple[float, float]]:
    turns = [2 * math.pi * i / count for i in range(count)]
    return [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]


def _upright(part: Any) -> Any:
    """Turn what a lathe made to stand on the desk."""
    part.rotation_euler = (0, -math.pi / 2, 0)
    return part


def coin(rng: Random) -> Item:
    radius, thick = rng.uniform(0.9, 1.3), rng.uniform(0.15, 0.21)
    colour = rng.choice((_COPPER, _BRASS, STEEL, STEEL))
    struck, shader = material("coin")
    place = shader.position()
    relief = shader.noise(place, 1.1, 2, 0.4, 0.6)
    tarnish = shader.noise(place, 1.3, 5, 0.6)
    shader.principled(
        shader.mix(shader.span(tarnish, 0.0, 0.6), colour, tuple(0.35 * c for c in colour)),
        shader.span(tarnish, 0.2, 0.45),
        Metallic=1.0,
        Normal=shader.bump(relief, 0.035),
    )
    rim = radius * 0.9
    profile = [
        (0, radius - 0.02),
        (0.02, radius),
        (thick - 0.02, radius),
        (thick, radius - 0.03),
        (thick, rim),
        (thick - 0.025, rim - 0.03),
        (thick - 0.025, 0.01),
    ]
    disc = _upright(lathe("coin", profile, struck, 64))
    value = text(rng.choice(("1", "2", "5", "10", "20", "50")), radius * 0.9, struck)
    value.data.extrude, value.data.align_x, value.data.align_y = 0.035, "CENTER", "CENTER"
    value.location = (0, 0, thick - 0.025)
    return Item([disc, value], radius, radius, thick)


def key(rng: Random) -> Item:
    """A door key on a ring."""
    brass = metal(rng.choice((_BRASS, STEEL, (0.55, 0.55, 0.56))), 0.28, 0.001)
    bow = rng.uniform(1.05, 1.25)
    blade = [(0.9, 0.4), (4.6, 0.4), (5.0, 0.1)]
    x = 4.7
    while x > 1.6:
        blade += [(x, -0.25 + rng.uniform(-0.1, 0.22)), (x - 0.28, -0.25 + rng.uniform(-0.1, 0.22))]
        x -= 0.45
    blade += [(1.4, -0.4), (0.9, -0.4)]
    arc = [math.radians(25 + i * (310 / 24)) for i in range(25)]
    outline = [*((bow * math.cos(t), bow * math.sin(t)) for t in arc), *blade[::-1]]
    parts = [plate([outline, _circle(-bow * 0.55, 0, 0.3)], 0.21, brass)]
    groove = box("groove", (1.3, 0.02, 0.205), (4.6, 0.14, 0.214), plastic((0.08, 0.07, 0.05), 0.6))
    ring = tube(
        "ring",
        [(x - bow * 0.55 - 1.2, y, 0.25 + 0.12 * math.sin(x)) for x, y in _circle(0, 0, 1.3, 48)],
        0.09,
        metal(STEEL, 0.15),
    )
    ring.data.splines[0].use_cyclic_u = True
    return Item([*parts, groove, ring], 4.6, 1.3, 0.35)


def mug(rng: Random) -> Item:
    radius, tall = rng.uniform(3.8, 4.5), rng.uniform(8, 10)
    glaze = plastic(srgb(rng.choice(("#f2f0ea", "#26324a", "#b9402f", "#7d8f86", "#1c1c1e", "#d9b45a"))), 0.18, 0.0004)
    profile = [
        (0, radius * 0.75),
        (0.5, radius * 0.96),
        (1.2, radius),
        (tall - 0.15, radius),
        (tall, radius - 0.17),
        (tall - 0.15, radius - 0.35),
        (1.0, radius - 0.4),
        (0.6, 0.05),
    ]
    cup = _upright(lathe("mug", profile, glaze, 64))
    coffee, shader = material("coffee")
    shader.principled((0.02, 0.009, 0.004), 0.05)
    level = tall * rng.uniform(0.5, 0.85)
    drink = _upright(lathe("coffee", [(level - 0.1, radius - 0.36), (level, radius - 0.36)], coffee, 64))
    turns = [math.radians(-70 + 140 * i / 14) for i in range(15)]
    handle = tube(
        "handle", [(radius - 0.9 + 2.9 * math.cos(t), 0, tall / 2 + 3.0 * math.sin(t)) for t in turns], 0.55, glaze
    )
    return Item([cup, drink, handle], radius + 2, radius, tall)


def phone(rng: Random) -> Item:
    """A telephone on its face, or on its back with a dark screen."""
    half_length, half_width, thick = 7.3, 3.55, 0.78
    outline = rounded_rectangle(half_length, half_width, 0.85, 10)
    frame = prism("frame", outline, 0.0, thick, metal(srgb(rng.choice(("#c8c9cc", "#3a3b3f", "#b79a86"))), 0.3), 0.16)
    face = rounded_rectangle(half_length - 0.18, half_width - 0.18, 0.7, 10)
    if rng.random() < 0.5:
        glass = prism("screen", face, thick - 0.02, thick + 0.008, plastic((0.004, 0.004, 0.005), 0.12, 0.0))
        return Item([frame, glass], half_length, half_width, thick)
    colour = srgb(rng.choice(("#e4e2dd", "#22242a", "#34506b", "#7c2f38", "#a9b7a5")))
    back = prism("back", face, thick - 0.02, thick + 0.008, plastic(colour, 0.3, 0.0))
    black = plastic((0.006, 0.006, 0.007), 0.1, 0.0)
    lenses = []
    for x, y in ((5.7, 2.0), (4.3, 2.0), (5.0, 0.9)):
        for radius, made_of, top in ((0.62, metal(STEEL, 0.2), 0.2), (0.53, black, 0.22)):
            lens = _upright(
                lathe("lens", [(thick, radius), (thick + top - 0.03, radius), (thick + top, radius - 0.03)], made_of)
            )
            lens.location = (x, y, 0)
            lenses.append(lens)
    return Item([frame, back, *lenses], half_length, half_width, thick)


def keyboard(rng: Random) -> Item:
    """Part of a keyboard: it is always cut by the picture's edge."""
    dark = rng.random() < 0.6
    body = plastic(srgb("#2a2b2e" if dark else "#d5d6d8"), 0.5)
    cap = plastic(srgb("#1a1b1d" if dark else "#f0f0ee"), 0.55, 0.003)
    lettering = ink(srgb("#d8d8d8" if dark else "#3a3a3c"))
    half_length, half_width = 11.0, 4.2
    parts = [prism("keyboard", rounded_rectangle(half_length, half_width, 0.5), 0, 0.7, body, 0.08)]
    for row, letters in enumerate(("ZXCVBNM,./", "ASDFGHJKL;", "QWERTYUIOP", "1234567890")):
        for column, letter in enumerate(letters):
            x, y = -9.6 + 1.95 * column + 0.45 * (3 - row), -3.05 + 1.95 * row
            if x > half_length - 1:
                continue
            outline = [(x + a, y + b) for a, b in rounded_rectangle(0.82, 0.82, 0.15, 3)]
            parts.append(prism("key cap", outline, 0.6, 1.05, cap, 0.07))
            label = text(letter, 0.55, lettering)
            label.location = (x - 0.55, y + 0.1, 1.053)
            parts.append(label)
    return Item(parts, half_length, half_width, 1.06)


def charger(rng: Random) -> Item:
    """A wall charger's block, prongs and all."""
    half, wide, high = rng.uniform(1.7, 2.3), rng.uniform(1.4, 2.0), rng.uniform(2.2, 2.9)
    colour = srgb(rng.choice(("#f3f2f0", "#f3f2f0", "#1b1b1d")))
    parts = [box("charger", (-half, -wide, 0), (half, wide, high), plastic(colour, 0.3, 0.0006), 0.28)]
    prong = metal(rng.choice((STEEL, _BRASS)), 0.25)
    for y in (-0.63, 0.63):
        parts.append(
            box("prong", (half, y - 0.07, high / 2 - 0.3), (half + 1.6, y + 0.07, high / 2 + 0.3), prong, 0.03)
        )
    return Item(parts, half + 1.6, wide, high)


def screw(rng: Random) -> Item:
    steel = metal(rng.choice((STEEL, _BRASS)), 0.3)
    length = rng.uniform(1.8, 3.5)
    thread = [(0.25 + 0.06 * i, 0.2 if i % 2 else 0.15) for i in range(int(length / 0.06))]
    parts = [
        lathe("head", [(0, 0.25), (0.06, 0.4), (0.16, 0.38), (0.3, 0.18)], steel, 24),
        lathe("thread", [*thread, (0.4 + length, 0.02)], steel, 20),
    ]
    for part in parts:
        part.location, part.rotation_euler = (-length / 2, 0, 0.3), (rng.uniform(0, 3), 0.08, 0)
    return Item(parts, length / 2 + 0.4, 0.4, 0.7)


def jack(rng: Random) -> Item:
    """A 3.5 mm headphone plug, which is none of the three; its cable leaves at its -x end."""
    bright = metal(rng.choice((GOLD, STEEL)), 0.15)
    black = plastic((0.01, 0.01, 0.01), 0.4)
    sleeve = plastic(srgb(rng.choice(("#1a1a1c", "#eeeeec", "#c03030", "#9aa0a6"))), 0.35)
    parts = [
        lathe("pin", [(0, 0.17), (1.15, 0.17), (1.2, 0.11), (1.28, 0.17), (1.38, 0.13), (1.42, 0.03)], bright),
        *(lathe("ring", [(x, 0.172), (x + 0.05, 0.172)], black) for x in (0.55, 0.85)),
        lathe("sleeve", [(-2.2, 0.2), (-2.0, 0.26), (-1.7, 0.3), (-0.1, 0.36), (0, 0.33), (0.01, 0.1)], sleeve),
    ]
    for part in parts:
        part.location = (0, 0, 0.36)
    return Item(parts, 2.2, 0.36, 0.72)
