"""Meshes from rings, outlines and profiles; all lengths in centimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bmesh
import bpy

Point = tuple[float, float, float]


def mesh_object(name: str, points: Sequence[Point], faces: Sequence[Sequence[int]], material: Any) -> Any:
    """A new object in the scene, shaded smooth except over edges sharper than 35 degrees."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(p) for p in points], [], [tuple(f) for f in faces])
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.set_sharp_from_angle(angle=math.radians(35))
    mesh.materials.append(material)
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def bevel(made: Any, width: float, segments: int = 2) -> Any:
    """Round every sharp edge: no real edge is perfectly sharp, and the highlight shows it."""
    modifier = made.modifiers.new("bevel", "BEVEL")
    modifier.width, modifier.segments, modifier.limit_method = width, segments, "ANGLE"
    modifier.harden_normals = True
    return made


def rounded_rectangle(
    half_width: float, half_height: float, radius: float, corner: int = 6
) -> list[tuple[float, float]]:
    """Counter-clockwise outline; `corner` + 1 points a corner."""
    radius = min(radius, half_width, half_height)
    outline = []
    for quadrant, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for step in range(corner + 1):
            angle = math.pi / 2 * (quadrant + step / corner)
            x = sx * (half_width - radius) + radius * math.cos(angle)
            outline.append((x, sy * (half_height - radius) + radius * math.sin(angle)))
    return outline


def loft(name: str, rings: Sequence[Sequence[Point]], material: Any, capped: bool = True) -> Any:
    """A skin over rings of equally many points, its two ends closed if `capped`."""
    count = len(rings[0])
    points = [point for ring in rings for point in ring]
    faces: list[Sequence[int]] = []
    for ring in range(len(rings) - 1):
        for i in range(count):
            a, b = ring * count + i, ring * count + (i + 1) % count
            faces.append((a, b, b + count, a + count))
    if capped:
        faces.append(tuple(range(count - 1, -1, -1)))
        faces.append(tuple(range(len(points) - count, len(points))))
    return mesh_object(name, points, faces, material)


def prism(
    name: str, outline: Sequence[tuple[float, float]], low: float, high: float, material: Any, round_by: float = 0
) -> Any:
    """An outline in (x, y) raised from z = low to z = high."""
    made = loft(name, [[(x, y, z) for x, y in outline] for z in (low, high)], material)
    return bevel(made, round_by, 3) if round_by else made


def box(name: str, low: Point, high: Point, material: Any, round_by: float = 0.0) -> Any:
    """An axis-aligned box between two corners."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    return prism(name, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], z0, z1, material, round_by)


def lathe(name: str, profile: Sequence[tuple[float, float]], material: Any, sides: int = 40) -> Any:
    """A profile of (distance along x, radius) turned about the x axis."""
    turns = [2 * math.pi * i / sides for i in range(sides)]
    rings = [[(x, r * math.cos(t), r * math.sin(t)) for t in turns] for x, r in profile]
    return loft(name, rings, material)


def tube(name: str, points: Sequence[Point], radius: float, material: Any) -> Any:
    """A round cord through points; its UV runs along (u) and around (v)."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = radius, 4, True
    spline = curve.splines.new("POLY")
    spline.points.add(len(points) - 1)
    for target, point in zip(spline.points, points, strict=True):
        target.co = (*point, 1.0)
    spline.use_smooth = True
    curve.materials.append(material)
    made = bpy.data.objects.new(name, curve)
    bpy.context.scene.collection.objects.link(made)
    return made


def text(words: str, size: float, material: Any) -> Any:
    """Flat lettering in Blender's own font, its left end at the origin, facing up."""
    curve = bpy.data.curves.new("text", "FONT")
    curve.body, curve.size = words, size
    curve.materials.append(material)
    made = bpy.data.objects.new("text", curve)
    bpy.context.scene.collection.objects.link(made)
    return made


def group(name: str, parts: Sequence[Any]) -> Any:
    """An empty that carries the parts."""
    empty = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(empty)
    for part in parts:
        part.parent = empty
    return empty
