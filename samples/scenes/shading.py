"""A short way to write Cycles node trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

Colour = tuple[float, float, float]


def srgb(code: str) -> Colour:
    """'#rrggbb' as linear RGB, each 0 to 1."""
    channels = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue


class Shader:
    """A material's (or the world's) node tree under construction; every method returns an output socket."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        tree.nodes.clear()

    def node(self, kind: str, inputs: dict[str | int, Any] | None = None, **settings: Any) -> Any:
        """Add a node; an input given a socket is linked, given anything else is set."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            socket = node.inputs[key]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            elif socket.type == "RGBA" and len(value) == 3:
                socket.default_value = (*value, 1.0)
            else:
                socket.default_value = value
        return node

    def position(
        self, scale: Sequence[float] = (1, 1, 1), turn: float = 0.0, shift: Sequence[float] = (0, 0, 0)
    ) -> Any:
        """Object coordinates in centimetres, turned about z by `turn` radians, then scaled."""
        source = self.node("TexCoord").outputs["Object"]
        turned = self.node("Mapping", {0: source, "Location": shift, "Rotation": (0, 0, turn)}).outputs[0]
        return self.node("VectorMath", {0: turned, 1: scale}, operation="MULTIPLY").outputs[0]

    def noise(self, vector: Any, scale: float, detail: float = 3, roughness: float = 0.5, distortion: float = 0) -> Any:
        inputs: dict[str | int, Any] = {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": roughness}
        return self.node("TexNoise", {**inputs, "Distortion": distortion}).outputs[0]

    def math(self, operation: str, a: Any, b: Any = 0.0) -> Any:
        return self.node("Math", {0: a, 1: b}, operation=operation).outputs[0]

    def mix(self, factor: Any, a: Any, b: Any, blend: str = "MIX") -> Any:
        return self.node("Mix", {0: factor, 6: a, 7: b}, data_type="RGBA", blend_type=blend).outputs[2]

    def ramp(self, factor: Any, *stops: tuple[float, Colour]) -> Any:
        node = self.node("ValToRGB", {0: factor})
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position = position
            element.color = (*colour, 1.0)
        return node.outputs[0]

    def span(self, factor: Any, low: float, high: float) -> Any:
        """Map 0..1 to low..high."""
        return self.node("MapRange", {0: factor, 3: low, 4: high}).outputs[0]

    def bump(self, height: Any, distance: float, strength: float = 1.0) -> Any:
        """`distance` is the height of the relief in centimetres."""
        inputs: dict[str | int, Any] = {"Strength": strength, "Distance": distance, "Height": height}
        return self.node("Bump", inputs).outputs[0]

    def principled(self, colour: Any, roughness: Any, **more: Any) -> None:
        """Finish a material; keywords are the Principled BSDF's inputs, with _ for blanks."""
        inputs: dict[str | int, Any] = {"Base Color": colour, "Roughness": roughness}
        names = {key.replace("_", " ").lower(): value for key, value in more.items()}
        bsdf = self.node("BsdfPrincipled", inputs)
        for socket in bsdf.inputs:
            if socket.name.lower() in names:
                value = names.pop(socket.name.lower())
                if isinstance(value, bpy.types.NodeSocket):
                    self.tree.links.new(value, socket)
                else:
                    socket.default_value = value
        if names:
            raise ValueError(f"the Principled BSDF has no input {sorted(names)}")
        self.tree.links.new(bsdf.outputs[0], self.node("OutputMaterial").inputs[0])


def material(name: str) -> tuple[Any, Shader]:
    """A new material and the shader to write it with."""
    made = bpy.data.materials.new(name)
    return made, Shader(made.node_tree)


def plastic(colour: Colour, roughness: float, grain: float = 0.0015) -> Any:
    """Moulded plastic: a fine grain, and fingers' dull patches."""
    made, shader = material("plastic")
    place = shader.position()
    patches = shader.noise(place, 2.5, 4)
    relief = shader.bump(shader.noise(place, 60, 2), grain)
    shader.principled(
        shader.mix(shader.span(patches, 0.0, 0.16), colour, tuple(0.55 * c for c in colour)),
        shader.span(patches, roughness - 0.1, roughness + 0.14),
        Normal=relief,
    )
    return made


def metal(colour: Colour, roughness: float, scratches: float = 0.0006, brushed: bool = False) -> Any:
    """Plated or brushed metal with fine scratches along x and uneven polish."""
    made, shader = material("metal")
    along = shader.position((0.6, 14, 14) if not brushed else (1.5, 60, 60))
    fine = shader.noise(along, 5, 5, 0.7)
    stains = shader.noise(shader.position(), 3.5, 4)
    shader.principled(
        shader.mix(shader.span(stains, 0.0, 0.3), colour, tuple(0.75 * c for c in colour)),
        shader.span(stains, max(0.05, roughness - 0.09), roughness + 0.13),
        Metallic=1.0,
        Normal=shader.bump(fine, scratches),
    )
    return made


STEEL: Colour = (0.66, 0.65, 0.63)
GOLD: Colour = (0.83, 0.58, 0.22)
