"""A telephone's camera held over the desk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from samples.scenes.plan import PictureSet

SENSOR = 36.0  # millimetres across: lenses are given as their 35 mm equivalents


@dataclass(frozen=True)
class View:
    """Where the camera stands (centimetres), its axes (columns right, up, back), its lens (mm), its pixels."""

    position: NDArray[np.float64]
    axes: NDArray[np.float64]
    lens: float
    distance: float
    width: int
    height: int

    def on_desk(self, u: float, v: float, above: float = 0.0) -> tuple[float, float]:
        """The point `above` the desk seen at pixel (u, v), v from the top."""
        pixel = SENSOR / self.lens / self.width
        ray = self.axes @ np.array([(u - self.width / 2) * pixel, (self.height / 2 - v) * pixel, -1.0])
        reach = (above - self.position[2]) / ray[2]
        spot = self.position + reach * ray
        return float(spot[0]), float(spot[1])

    def extent(self, points: NDArray[np.float64]) -> tuple[float, float]:
        """Width and height, in pixels, of what the frame shows of (n, 3) points."""
        right, up, back = ((points - self.position) @ self.axes).T
        scale = self.width * self.lens / SENSOR / -back
        u = np.clip(self.width / 2 + right * scale, 0, self.width)
        v = np.clip(self.height / 2 - up * scale, 0, self.height)
        return float(np.ptp(u)), float(np.ptp(v))


def choose_view(wanted: PictureSet, plugs: int, rng: Random) -> View:
    """A hand-held view of the desk's origin; the more plugs, the more desk it takes in."""
    scale = rng.uniform(*wanted.scale) - wanted.crowding * max(0, plugs - 1)  # pixels a centimetre in the middle
    lens = rng.uniform(28, 46)
    distance = wanted.width * lens / SENSOR / scale
    elevation = math.radians(rng.choice([rng.uniform(*span) for span in wanted.elevations]))
    azimuth = rng.uniform(0, 2 * math.pi)
    back = Vector(
        (
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        )
    )
    tilt = Matrix.Rotation(math.radians(rng.gauss(0, 5)), 3, "Z")
    axes = np.array(back.to_track_quat("Z", "Y").to_matrix() @ tilt)
    return View(np.array(back) * distance, axes, lens, distance, wanted.width, wanted.height)


def place_camera(view: View, focus: float, rng: Random) -> Any:
    """The Blender camera of a view, focused `focus` centimetres away."""
    data = bpy.data.cameras.new("camera")
    data.sensor_width, data.lens, data.clip_start, data.clip_end = SENSOR, view.lens, 0.5, 2000
    data.dof.use_dof, data.dof.focus_distance = True, focus
    # Blender takes a unit for a metre: this f-number gives an aperture of that radius in centimetres.
    data.dof.aperture_fstop = view.lens / 1000 / (2 * rng.uniform(0.05, 0.22))
    made = bpy.data.objects.new("camera", data)
    matrix = Matrix(view.axes.tolist()).to_4x4()
    matrix.translation = Vector(view.position.tolist())
    made.matrix_world = matrix
    bpy.context.scene.collection.objects.link(made)
    bpy.context.scene.camera = made
    return made
