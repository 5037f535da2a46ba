"""The room's light: windows, lamps, sun and the walls that reflections see.

Strengths are of the light on the desk; the exposure is the camera's business.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

import bpy
from mathutils import Vector

from samples.scenes.camera import View
from samples.scenes.meshes import box
from samples.scenes.shading import Colour, Shader, material

KINDS = ("window", "window", "window", "ceiling", "ceiling", "desk lamp", "sun", "sun", "evening", "flash")


def light_room(view: View, rng: Random) -> None:
    """Light the scene one of the ways of KINDS."""
    kind = rng.choice(KINDS)
    azimuth = rng.uniform(0, 2 * math.pi)
    daylight = _white(rng.uniform(5200, 7500))
    if kind == "window":
        _room(rng.uniform(0.12, 0.35), daylight, rng)
        _panel(
            azimuth,
            rng.uniform(18, 50),
            rng.uniform(70, 160),
            (rng.uniform(60, 130), rng.uniform(60, 120)),
            3.0,
            daylight,
        )
    elif kind == "ceiling":
        lamp = _white(rng.uniform(3300, 5200))
        _room(rng.uniform(0.25, 0.5), lamp, rng)
        for turn in (0.0, rng.uniform(1.5, 4.5)):
            _panel(azimuth + turn, rng.uniform(50, 80), 190, (rng.uniform(20, 120), rng.uniform(15, 60)), 1.6, lamp)
    elif kind == "desk lamp":
        lamp = _white(rng.uniform(2700, 3500))
        _room(rng.uniform(0.04, 0.15), _white(4500), rng)
        _panel(azimuth, rng.uniform(35, 65), rng.uniform(35, 55), (rng.uniform(6, 16), rng.uniform(6, 12)), 3.0, lamp)
    elif kind == "sun":
        _room(rng.uniform(0.2, 0.45), _white(8500), rng)
        _sun(azimuth, rng.uniform(28, 60), rng.uniform(2.0, 4.5), _white(rng.uniform(4600, 5600)), rng)
    elif kind == "evening":
        _room(rng.uniform(0.1, 0.25), _white(3600), rng)
        _panel(azimuth, rng.uniform(20, 40), 120, (70, 90), 1.2, _white(9000))
        _panel(azimuth + rng.uniform(1.5, 4.5), rng.uniform(35, 60), 90, (22, 22), 1.5, _white(2700))
    else:
        _room(rng.uniform(0.05, 0.15), _white(4000), rng)
        _flash(view, rng)


def _white(kelvin: float) -> Colour:
    """Linear RGB of a black body, brightest channel 1; Tanner Helland's fit, near enough for a lamp."""
    t = kelvin / 100
    red = 255.0 if t <= 66 else 329.7 * (t - 60) ** -0.1332
    green = 99.47 * math.log(t) - 161.12 if t <= 66 else 288.12 * (t - 60) ** -0.0755
    blue = 255.0 if t >= 66 else 138.52 * math.log(t - 10) - 305.04
    r, g, b = ((min(255.0, max(0.0, c)) / 255) ** 2.2 for c in (red, green, blue))
    return r, g, b


def _room(strength: float, colour: Colour, rng: Random) -> None:
    """Walls, ceiling and dim shapes of furniture, so that metal has something to reflect."""
    world = bpy.data.worlds.new("room")
    bpy.context.scene.world = world
    # The walls are dull: a coarse map of them finds their light as well, in a fraction of the time.
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 64
    shader = Shader(world.node_tree)
    way = shader.node("TexCoord").outputs["Generated"]
    up = shader.node("SeparateXYZ", {0: way}).outputs[2]
    walls = shader.ramp(
        shader.span(shader.math("MULTIPLY", shader.math("ADD", up, 1.0), 0.5), 0.0, 1.0),
        (0.45, (0.05, 0.045, 0.04)),
        (0.52, (0.32, 0.31, 0.3)),
        (0.7, (0.55, 0.54, 0.52)),
        (0.85, (1.0, 0.98, 0.95)),
    )
    shapes = shader.node("TexVoronoi", {"Vector": way, "Scale": rng.uniform(1.6, 3.2)}, distance="CHEBYCHEV")
    dim = shader.node("SeparateColor", {0: shapes.outputs[1]}).outputs[0]
    furnished = shader.mix(0.75, walls, shader.ramp(dim, (0.2, (0.12, 0.1, 0.09)), (0.8, (1.5, 1.5, 1.5))), "MULTIPLY")
    lit = shader.mix(1.0, furnished, colour, "MULTIPLY")
    background = shader.node("Background", {0: lit, 1: strength * 2.2})
    shader.tree.links.new(background.outputs[0], shader.node("OutputWorld").inputs[0])


def _aim(made: Any, azimuth: float, elevation: float, distance: float) -> None:
    away = Vector(
        (
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        )
    )
    made.location = away * distance
    made.rotation_euler = away.to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(made)


def _panel(
    azimuth: float, elevation: float, distance: float, size: tuple[float, float], on_desk: float, colour: Colour
) -> None:
    """A glowing rectangle that gives the desk the irradiance `on_desk` (W/m2 as Cycles counts)."""
    data = bpy.data.lights.new("panel", "AREA")
    data.shape, data.size, data.size_y = "RECTANGLE", *size
    data.color = colour
    steep = math.radians(elevation)
    data.energy = on_desk * math.pi * distance**2 / max(0.3, math.sin(steep))
    _aim(bpy.data.objects.new("panel", data), azimuth, steep, distance)


def _sun(azimuth: float, elevation: float, on_desk: float, colour: Colour, rng: Random) -> None:
    """Sunlight, often through a window whose bars throw their shadows on the desk."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.angle, data.color = on_desk, math.radians(rng.uniform(0.5, 2.5)), colour
    sun = bpy.data.objects.new("sun", data)
    _aim(sun, azimuth, math.radians(elevation), 100)
    if rng.random() < 0.6:
        dark, shader = material("window frame")
        shader.principled((0.02, 0.02, 0.02), 0.8)
        gap, wide = rng.uniform(9, 22), rng.uniform(1.5, 5)
        for i in range(-3, 4):
            middle = i * gap + rng.uniform(-2, 2)
            bar = box("bar", (middle - wide / 2, -200, 0), (middle + wide / 2, 200, 1), dark)
            bar.location, bar.rotation_euler = sun.location, sun.rotation_euler
            bar.visible_camera = bar.visible_glossy = bar.visible_diffuse = False


def _flash(view: View, rng: Random) -> None:
    """The telephone's own lamp, a little beside the lens."""
    data = bpy.data.lights.new("flash", "AREA")
    data.shape, data.size = "DISK", 0.7
    data.energy = rng.uniform(1.5, 2.5) * math.pi * view.distance**2
    made = bpy.data.objects.new("flash", data)
    made.location = Vector((view.position + view.axes @ [1.3, 0.4, 0.0]).tolist())
    made.rotation_euler = Vector(view.position.tolist()).to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(made)
