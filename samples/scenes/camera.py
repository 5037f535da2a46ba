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

WIDTH, HEIGHT = 640, 480
SENSOR = 36.0  # millimetres across: lenses are given as their 35 mm equivalents


@dataclass(frozen=True)
class View:
    """Where the camera stands (centimetres), its axes (columns right, up, back), its lens (mm)."""

    position: NDArray[np.float64]
    axes: NDArray[np.float64]
    lens: float
    distance: float

    def on_desk(self, u: float, v: float, height: float = 0.0) -> tuple[float, float]:
        """The desk point (at `height`) seen at pixel (u, v), v from the top."""
        pixel = SENSOR / self.lens / WIDTH
        ray = self.axes @ np.array([(u - WIDTH / 2) * pixel, (HEIGHT / 2 - v) * pixel, -1.0])
        reach = (height - self.position[2]) / ray[2]
        spot = self.position + reach * ray
        return float(spot[0]), float(spot[1])


def choose_view(plugs: int, rng: Random) -> View:
    """A hand-held view of the desk's origin; the more plugs, the more desk it takes in."""
    scale = rng.uniform(41, 54) - 3.0 * max(0, plugs - 1)  # pixels a centimetre in the middle
    lens = rng.uniform(28, 46)
    distance = WIDTH * lens / SENSOR / scale
    elevation = math.radians(rng.choice((rng.uniform(38, 60), rng.uniform(50, 75), rng.uniform(72, 89))))
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
    return View(np.array(back) * distance, axes, lens, distance)


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
