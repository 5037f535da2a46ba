"""Exact boxes: which pixels of a picture show which plug.

A second rendering gives every plug's objects one flat colour of their own and everything else black, without
blur, light or smoothing; what is left of a colour is what is visible.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.scenes.shading import material

_STEP = 25  # between two plugs' red values


@dataclass(frozen=True)
class Seen:
    """One plug's visible pixels: its box (left, top, width, height), and how much of it and its metal shows.

    `shown` and `metal_shown` are fractions of what the frame would show, widened as `find_boxes` is
    told, with nothing else on the desk; `metal_pixels` counts the visible ones.
    """

    bbox: tuple[int, int, int, int]
    metal_pixels: int
    shown: float
    metal_shown: float


@dataclass(frozen=True)
class Marked:
    """One plug's objects."""

    metal: Sequence[Any]
    housing: Sequence[Any]


def find_boxes(plugs: Sequence[Marked], around: float | None) -> Iterator[Seen]:
    """What the scene's camera sees of each plug, in turn; sets the objects' colours and nothing else.

    A plug counts as whole that a frame `around` times as wide and high would show whole; with None each does of
    which something shows.
    """
    scene = bpy.context.scene
    for thing in scene.objects:
        thing.color = (0, 0, 0, 1)
    for number, plug in enumerate(plugs, start=1):
        for part, green in ((plug.metal, 255), (plug.housing, 0)):
            for thing in part:
                thing.color = (number * _STEP / 255, green / 255, 0, 1)
    whole = _identify(1.0)
    for number, plug in enumerate(plugs, start=1):
        if around is None:
            yield _measure(whole, whole, number)
            continue
        own = {*plug.metal, *plug.housing}
        hidden = [t for t in scene.objects if t.type in ("MESH", "CURVE", "FONT") and t not in own]
        alone = _alone(hidden, around)
        yield _measure(whole, alone, number)


def _alone(hidden: Sequence[Any], around: float) -> NDArray[np.uint8]:
    before = [thing.hide_render for thing in hidden]
    for thing in hidden:
        thing.hide_render = True
    try:
        return _identify(around)
    finally:
        for thing, was in zip(hidden, before, strict=True):
            thing.hide_render = was


def _measure(whole: NDArray[np.uint8], alone: NDArray[np.uint8], number: int) -> Seen:
    mine = whole[..., 0] == number * _STEP
    metal = mine & (whole[..., 1] > 127)
    free = alone[..., 0] == number * _STEP
    free_metal = free & (alone[..., 1] > 127)
    rows, columns = np.nonzero(mine.any(axis=1))[0], np.nonzero(mine.any(axis=0))[0]
    if not len(rows):
        return Seen((0, 0, 0, 0), 0, 0.0, 0.0)
    left, top = int(columns[0]), int(rows[0])
    box = (left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
    return Seen(
        box,
        int(metal.sum()),
        float(mine.sum() / max(1, free.sum())),
        float(metal.sum() / max(1, free_metal.sum())),
    )


def _flat_colours() -> Any:
    made, shader = material("identity")
    colour = shader.node("ObjectInfo").outputs[1]
    glow = shader.node("Emission", {0: colour})
    shader.tree.links.new(glow.outputs[0], shader.node("OutputMaterial").inputs[0])
    return made


def _identify(around: float) -> NDArray[np.uint8]:
    """Render the flat colours, (height, width, 3); the view widened `around` times, pixels of one size."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    camera = scene.camera.data
    kept = (scene.world, camera.dof.use_dof, camera.sensor_width, scene.render.resolution_x, scene.render.resolution_y)
    kept_cycles = (scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling)
    kept_filter, kept_bounces = scene.cycles.filter_width, scene.cycles.max_bounces
    image = scene.render.image_settings
    kept_image = (image.file_format, image.color_depth)
    scene.world, camera.dof.use_dof = None, False
    camera.sensor_width *= around
    scene.render.resolution_x = round(scene.render.resolution_x * around)
    scene.render.resolution_y = round(scene.render.resolution_y * around)
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = 1, False, False
    scene.cycles.filter_width, scene.cycles.max_bounces = 0.01, 0
    image.file_format, image.color_depth = "PNG", "8"
    layer.material_override = _flat_colours()
    try:
        with tempfile.TemporaryDirectory() as folder:
            scene.render.filepath = str(Path(folder) / "identity.png")
            bpy.ops.render.render(write_still=True)
            with Image.open(scene.render.filepath) as picture:
                return np.asarray(picture.convert("RGB"))
    finally:
        layer.material_override = None
        scene.world, camera.dof.use_dof, camera.sensor_width, width, height = kept
        scene.render.resolution_x, scene.render.resolution_y = width, height
        scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = kept_cycles
        scene.cycles.filter_width, scene.cycles.max_bounces = kept_filter, kept_bounces
        image.file_format, image.color_depth = kept_image
