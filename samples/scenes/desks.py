"""Surfaces to lay things on, at their true scale."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from samples.scenes.meshes import mesh_object
from samples.scenes.shading import Colour, Shader, material, srgb


def desk(rng: Random) -> Any:
    """A desk top of a kind in KINDS: a plane three metres wide at z = 0."""
    kind = rng.choices(list(KINDS), [share for share, _ in KINDS.values()])[0]
    made, shader = material(kind)
    turn = rng.uniform(0, 2 * math.pi)
    shift = (rng.uniform(-500, 500), rng.uniform(-500, 500), rng.uniform(-50, 50))
    KINDS[kind][1](shader, turn, shift, rng)
    corners = [(-150.0, -150.0, 0.0), (150.0, -150.0, 0.0), (150.0, 150.0, 0.0), (-150.0, 150.0, 0.0)]
    return mesh_object("desk", corners, [(0, 1, 2, 3)], made)


def _wood(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    dark, light = rng.choice(
        [
            ("#8a6239", "#c49a66"),
            ("#4a2c1a", "#7a4f30"),
            ("#b98d5c", "#dcb98a"),
            ("#6b3a22", "#99603a"),
            ("#a58a6c", "#cdb797"),
            ("#2b1c14", "#513626"),
            ("#9a9186", "#c3bbb0"),
        ]
    )
    along = shader.position((0.045, 0.5, 0.5), turn, shift)
    rings = shader.noise(along, 1.0, 2, 0.4, 0.4)
    figure = shader.math("FRACT", shader.math("MULTIPLY", rings, rng.uniform(5, 9)))
    fibres = shader.noise(shader.position((0.35, 13, 13), turn, shift), 1.0, 5, 0.65)
    pores = shader.noise(shader.position((0.8, 22, 22), turn, shift), 1.0, 2, 0.5)
    tone = shader.math("ADD", shader.math("MULTIPLY", figure, 0.3), shader.math("MULTIPLY", fibres, 0.75))
    colour = shader.ramp(tone, (0.2, srgb(dark)), (0.8, srgb(light)))
    grooves = shader.math("LESS_THAN", pores, 0.37)
    colour = shader.mix(shader.math("MULTIPLY", grooves, 0.5), colour, tuple(0.45 * c for c in srgb(dark)))
    if rng.random() < 0.4:  # boards with dark joints between them
        seams = shader.node(
            "TexBrick",
            {
                "Vector": shader.position((1, 1, 1), turn, shift),
                "Color1": (1, 1, 1),
                "Color2": (0.72, 0.72, 0.72),
                "Mortar": (0.06, 0.05, 0.04),
                "Scale": 1.0,
                "Mortar Size": 0.06,
                "Brick Width": 95.0,
                "Row Height": rng.uniform(5, 11),
            },
        ).outputs[0]
        colour = shader.mix(1.0, colour, seams, "MULTIPLY")
    relief = shader.math("SUBTRACT", fibres, shader.math("MULTIPLY", grooves, 0.5))
    gloss = rng.uniform(0.28, 0.55)
    shader.principled(
        colour, shader.span(fibres, gloss, gloss + 0.2), Normal=shader.bump(relief, rng.uniform(0.004, 0.012))
    )


def _laminate(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    code = rng.choice(("#e9e8e4", "#f2f1ef", "#cfcac0", "#8d8f92", "#3a3b3e", "#d8cdbb", "#5f6f78", "#e4e9ea"))
    place = shader.position((1, 1, 1), turn, shift)
    speckle = shader.noise(place, 9, 2, 0.8)
    base = srgb(code)
    colour = shader.ramp(speckle, (0.3, tuple(0.86 * c for c in base)), (0.7, base))  # type: ignore[arg-type]
    smears = shader.noise(place, 0.25, 5, 0.6, 1.5)
    gloss = rng.uniform(0.16, 0.45)
    colour = shader.mix(shader.span(smears, 0.0, 0.12), colour, tuple(0.7 * c for c in base))
    pebbles = shader.noise(place, 14, 2)
    shader.principled(
        colour, shader.span(smears, gloss - 0.08, gloss + 0.2), Normal=shader.bump(pebbles, rng.uniform(0.001, 0.006))
    )


def _marble(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    place = shader.position((1, 1, 1), turn, shift)
    warp = shader.noise(place, 0.07, 6, 0.55, 1.0)
    veins = shader.math("ABSOLUTE", shader.math("SUBTRACT", warp, 0.5))
    fine = shader.math("ABSOLUTE", shader.math("SUBTRACT", shader.noise(place, 0.22, 5, 0.5, 1.5), 0.5))
    if rng.random() < 0.65:
        body, vein = "#e8e6e3", "#8f8f93"
    else:
        body, vein = "#1d1e20", "#b9b4ac"
    colour = shader.ramp(veins, (0.0, srgb(vein)), (0.06, srgb(body)))
    hairline = shader.node("MapRange", {0: fine, 1: 0.0, 2: 0.022, 3: 0.4, 4: 0.0}).outputs[0]
    colour = shader.mix(hairline, colour, srgb(vein))
    cloud = shader.noise(place, 0.12, 5)
    colour = shader.mix(shader.span(cloud, 0.0, 0.3), colour, tuple(0.7 * c for c in srgb(body)))
    shader.principled(colour, shader.span(cloud, 0.08, 0.25))


def _terrazzo(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    place = shader.position((1, 1, 1), turn, shift)
    chips = shader.node("TexVoronoi", {"Vector": place, "Scale": rng.uniform(2.0, 6.0), "Randomness": 1.0})
    tone = shader.node("SeparateColor", {0: chips.outputs[1]}).outputs[0]
    pale, mid, dark = rng.choice(
        [("#d9d5cd", "#b4ada3", "#77706a"), ("#4a4b4f", "#2f3033", "#8b8a88"), ("#cfc3b4", "#a08a72", "#e9e4da")]
    )
    colour = shader.ramp(tone, (0.0, srgb(pale)), (0.62, srgb(pale)), (0.72, srgb(mid)), (0.95, srgb(dark)))
    grain = shader.noise(place, 20, 3, 0.7)
    colour = shader.mix(shader.span(grain, 0, 0.35), colour, srgb(mid))
    shader.principled(colour, shader.span(grain, 0.2, 0.4))


def _fabric(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    base = srgb(rng.choice(("#6f7a86", "#b7a98f", "#3f4a5a", "#8c4a3e", "#4f6b55", "#c9c4bb", "#2d2d31")))
    pitch = rng.uniform(5, 11)  # threads a centimetre
    threads = []
    for direction in ("X", "Y"):
        wave = shader.node(
            "TexWave",
            {
                "Vector": shader.position((1, 1, 1), turn, shift),
                "Scale": pitch / 3.14,
                "Distortion": 1.2,
                "Detail": 2.0,
                "Detail Scale": 1.5,
            },
            bands_direction=direction,
        )
        threads.append(wave.outputs[1])
    weave = shader.math("MULTIPLY", *threads)
    fuzz = shader.noise(shader.position((1, 1, 1), turn, shift), 30, 4, 0.7)
    uneven = shader.noise(shader.position((0.3, 4, 4), turn, shift), 1.0, 4)
    tone = shader.math("ADD", shader.math("MULTIPLY", weave, 0.6), shader.math("MULTIPLY", fuzz, 0.5))
    dark: Colour = (base[0] * 0.4, base[1] * 0.4, base[2] * 0.4)
    colour = shader.mix(shader.span(uneven, 0, 0.4), shader.ramp(tone, (0.1, dark), (0.8, base)), dark)
    shader.principled(colour, 0.9, Normal=shader.bump(tone, 0.03), Sheen_Weight=0.3)


def _mat(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    base = srgb(rng.choice(("#1b1c1f", "#25272b", "#303236", "#20304a", "#4a2f28", "#3b3f38")))
    place = shader.position((1, 1, 1), turn, shift)
    grain = shader.noise(place, 16, 5, 0.75)
    leather = shader.node("TexVoronoi", {"Vector": place, "Scale": 9.0}, feature="F1").outputs[0]
    relief = shader.mix(0.5 if rng.random() < 0.5 else 0.0, grain, leather)
    dust = shader.math("MULTIPLY", shader.math("GREATER_THAN", shader.noise(place, 6, 3, 0.9), 0.735), 0.25)
    colour = shader.mix(shader.span(grain, 0, 0.5), base, tuple(0.5 * c for c in base))
    shader.principled(shader.mix(dust, colour, (0.5, 0.5, 0.5)), 0.62, Normal=shader.bump(relief, 0.012))


def _cutting_mat(shader: Shader, turn: float, shift: Any, rng: Random) -> None:
    base, line = rng.choice([("#1f6b4f", "#c9d8a0"), ("#2b5a8c", "#d5e2ea"), ("#2c2d30", "#9a9a9c")])
    place = shader.position((1, 1, 1), turn, shift)
    parts = shader.node("SeparateXYZ", {0: place}).outputs
    lines: Any = 0.0
    for axis in (0, 1):
        gap = shader.math("ABSOLUTE", shader.math("SUBTRACT", shader.math("FRACT", parts[axis]), 0.5))
        lines = shader.math("MAXIMUM", lines, shader.math("GREATER_THAN", gap, 0.482))
    worn = shader.noise(place, 3, 6, 0.7)
    colour = shader.mix(shader.math("MULTIPLY", lines, shader.span(worn, 0.2, 0.9)), srgb(base), srgb(line))
    cuts = shader.noise(shader.position((0.15, 6, 1), turn + 0.7, shift), 1.5, 3, 0.8)
    scored = shader.math("GREATER_THAN", cuts, 0.7)
    colour = shader.mix(shader.math("MULTIPLY", scored, 0.25), colour, (0.6, 0.65, 0.6))
    shader.principled(colour, shader.span(worn, 0.4, 0.6), Normal=shader.bump(shader.noise(place, 25, 2), 0.003))


# Each with its share of the desks: wood and laminate are what most are made of.
KINDS: dict[str, tuple[float, Callable[[Shader, float, Any, Random], None]]] = {
    "wood": (7, _wood),
    "laminate": (5, _laminate),
    "marble": (1.5, _marble),
    "terrazzo": (1, _terrazzo),
    "fabric": (2, _fabric),
    "mat": (2.5, _mat),
    "cutting mat": (1, _cutting_mat),
}
