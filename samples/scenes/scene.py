"""One picture's scene: everything on the desk, put together."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from samples.scenes import belongings, stationery
from samples.scenes.boxes import Marked
from samples.scenes.cables import cable
from samples.scenes.camera import View, choose_view, place_camera
from samples.scenes.desks import desk
from samples.scenes.housings import housing
from samples.scenes.lights import light_room
from samples.scenes.meshes import group, mesh_object
from samples.scenes.plan import PictureSet
from samples.scenes.plugs import metal_end
from samples.scenes.shading import srgb
from samples.scenes.stationery import Item
from samples.scenes.tabletop import Footprint, Tabletop, drape

_LAID_FLAT = (stationery.sheet, stationery.sheet, stationery.sticky_note, stationery.notebook)
_STANDING = (
    *(stationery.pen, stationery.pen, stationery.pencil, stationery.eraser, stationery.paperclip),
    *(stationery.paperclip, stationery.ruler, belongings.coin, belongings.coin, belongings.coin, belongings.key),
    *(belongings.mug, belongings.phone, belongings.keyboard, belongings.charger, belongings.screw, belongings.jack),
)


class CrowdedError(Exception):
    """No room was found for a plug, or it came out too small or too large; another attempt will do."""


def build(wanted: PictureSet, plugs: tuple[str, ...], rng: Random) -> list[Marked]:
    """Build the scene around the camera; the plugs' objects in the order of `plugs`.

    Raises:
        CrowdedError: The desk has no room left, or a plug is not of the size that is wanted.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    view = choose_view(wanted, len(plugs), rng)
    desk(rng)
    table = Tabletop(wanted.cord)
    for _ in range(rng.choice(wanted.sheets)):
        _scatter(rng.choice(_LAID_FLAT), view, table, rng)
    marked = []
    for kind in plugs:
        marked.append(_put_plug(kind, view, table, rng))
        if not _of_size(marked[-1], view, wanted):
            raise CrowdedError
    for _ in range(rng.choice(wanted.things) + (3 if not plugs else 0)):
        _scatter(rng.choice(_STANDING), view, table, rng)
    leads = [_lead(plug, table, rng) for plug in marked]
    if rng.random() < 0.35 or not plugs:
        _stray_cable(view, table, rng)
    focus = view.distance
    if leads:
        nearest = rng.choice(leads)
        focus = float(np.linalg.norm(view.position - np.array(nearest)))
        if rng.random() < 0.25:
            _cover(nearest, table, rng)
    place_camera(view, focus, rng)
    light_room(view, rng)
    return [Marked(plug.metal, plug.housing) for plug in marked]


class _Plug:
    """A plug put down, its cable still to be led away."""

    def __init__(self, metal: list[Any], shell: Any, where: Matrix) -> None:
        self.metal, self.shell, self.where = metal, shell, where
        self.housing: list[Any] = shell.parts


def _put_plug(kind: str, view: View, table: Tabletop, rng: Random) -> _Plug:
    metal, shell = metal_end(kind, rng), housing(kind, rng)
    group(kind, [*metal, *shell.parts])
    half = (1.3 - shell.tail) / 2
    for _ in range(200):
        u, v = rng.uniform(60, view.width - 60), rng.uniform(55, view.height - 55)
        if rng.random() < 0.15:  # some are cut by the picture's edge
            u, v = rng.choice(((rng.choice((15, view.width - 15)), v), (u, rng.choice((15, view.height - 15)))))
        x, y = view.on_desk(u, v, 0.3)
        spot = Footprint(x, y, rng.uniform(-math.pi, math.pi), half, shell.half_width, 2 * shell.half_width)
        height = table.ground(spot)
        if height is not None and table.free(spot):
            break
    else:
        raise CrowdedError
    roll = rng.choice((0.0, math.pi)) + rng.gauss(0, 0.1)
    pitch = rng.gauss(0, 0.03)  # positive lowers the tip
    pose = rng.random()
    if pose < 0.14:
        roll += math.pi / 2
    elif pose < 0.26:
        pitch = rng.uniform(0.15, 0.6)
    elif pose < 0.4:
        pitch = -rng.uniform(0.15, 0.75)
        roll += rng.uniform(-0.5, 0.5)
    turn = Matrix.Rotation(spot.yaw, 4, "Z") @ Matrix.Rotation(pitch, 4, "Y") @ Matrix.Rotation(roll, 4, "X")
    centre = Matrix.Translation((-(1.3 + shell.tail) / 2, 0, 0))
    parts = [*metal, *shell.parts]
    lowest = min((turn @ centre @ vertex.co).z for part in parts for vertex in part.data.vertices)
    lift = height - lowest + (0.25 + 0.7 * math.sin(-pitch) if pitch < -0.1 else 0.0)
    where = Matrix.Translation((x, y, lift)) @ turn @ centre
    metal[0].parent.matrix_world = where
    top = max((where @ vertex.co).z for part in parts for vertex in part.data.vertices)
    table.standing.append(Footprint(x, y, spot.yaw, half, shell.half_width, top))
    return _Plug(metal, shell, where)


def _of_size(plug: _Plug, view: View, wanted: PictureSet) -> bool:
    """Whether the plug, with nothing before it, has a box of the size that is wanted; a pixel is lost to rounding."""
    points = [plug.where @ vertex.co for part in (*plug.metal, *plug.housing) for vertex in part.data.vertices]
    shorter, longer = sorted(view.extent(np.array(points)))
    least, most = wanted.longer_side
    return shorter >= wanted.shorter_side - 1 and least - 1 <= longer <= most


def _lead(plug: _Plug, table: Tabletop, rng: Random) -> tuple[float, float, float]:
    """Lead a plug's cable away; where the plug's metal meets its housing, to focus on."""
    back = plug.where.to_3x3() @ Matrix.Identity(3).col[0] * -1
    start = plug.where @ Matrix.Translation((plug.shell.tail + 0.1, 0, 0)).translation
    slope = back.z / max(0.2, math.hypot(back.x, back.y))
    radius = plug.shell.cable_radius
    points = table.lay_cord(tuple(start), math.atan2(back.y, back.x), slope, radius, rng)
    cable(points, radius, plug.shell.cable_colour, rng)
    x, y, z = plug.where.translation
    return x, y, z


def _scatter(make: Callable[[Random], Item], view: View, table: Tabletop, rng: Random) -> None:
    """Put an item down where there is room, or not at all."""
    item = make(rng)
    whole = group("item", item.parts)
    for _ in range(40):
        margin = 40 if not item.flat else 140
        u, v = rng.uniform(-margin, view.width + margin), rng.uniform(-margin, view.height + margin)
        x, y = view.on_desk(u, v)
        if item.height > 3 and math.hypot(x - view.position[0], y - view.position[1]) < 10:
            continue  # not under the lens
        spot = Footprint(x, y, rng.uniform(-math.pi, math.pi), item.half_length, item.half_width, item.height)
        height = table.ground(spot)
        if height is None or not table.free(spot):
            continue
        spot = Footprint(x, y, spot.yaw, spot.half_length, spot.half_width, height + item.height)
        (table.flat if item.flat else table.standing).append(spot)
        whole.location, whole.rotation_euler = (x, y, height), (0, 0, spot.yaw)
        if make is belongings.jack:
            start = (x - 2.1 * math.cos(spot.yaw), y - 2.1 * math.sin(spot.yaw), height + 0.36)
            points = table.lay_cord(start, spot.yaw + math.pi, 0.0, 0.13, rng)
            cable(points, 0.13, srgb(rng.choice(("#18181a", "#ececea", "#b02a2a"))), rng)
        return
    for part in [*item.parts, whole]:
        bpy.data.objects.remove(part)


def _stray_cable(view: View, table: Tabletop, rng: Random) -> None:
    """Another cable, whose ends are elsewhere."""
    x, y = view.on_desk(rng.choice((-60, view.width + 60)), rng.uniform(0, view.height))
    inward = math.atan2(-y, -x) + rng.uniform(-0.5, 0.5)
    radius = rng.uniform(0.13, 0.25)
    points = table.lay_cord((x, y, radius), inward, 0.0, radius, rng)
    cable(points, radius, srgb(rng.choice(("#18181a", "#ececea", "#7a7d80", "#2f4f8f", "#c8b9a0"))), rng)


def _cover(spot: tuple[float, float, float], table: Tabletop, rng: Random) -> None:
    """A slip of paper fallen over part of a plug and what is beside it."""
    along, across, count = rng.uniform(2.5, 4.5), rng.uniform(2.5, 5), 48
    yaw, away = rng.uniform(-math.pi, math.pi), rng.uniform(-math.pi, math.pi)
    x = spot[0] + (min(along, across) + 0.2) * math.cos(away)
    y = spot[1] + (min(along, across) + 0.2) * math.sin(away)
    line = np.linspace(-1, 1, count)
    flat = np.array([(a * along, b * across) for a in line for b in line])
    turn = np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]])
    points = flat @ turn + (x, y)
    heights = drape(table, points, (count, count))
    corners = [(float(p[0]), float(p[1]), float(z)) for p, z in zip(points, heights, strict=True)]
    faces = [
        (i, i + 1, i + count + 1, i + count)
        for row in range(count - 1)
        for i in range(row * count, row * count + count - 1)
    ]
    colour = srgb(rng.choice(("#f2f1ec", "#f3e36b", "#f1ead6", "#cfe3ee", "#c9a66b")))
    slip = mesh_object("slip", corners, faces, stationery.paper_material(colour, rng))
    thick = slip.modifiers.new("thickness", "SOLIDIFY")
    thick.thickness = 0.015
