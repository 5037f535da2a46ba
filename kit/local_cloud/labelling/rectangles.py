"""Boxes as Label Studio keeps them: the `result` of an annotation or of a prediction.

Source: https://labelstud.io/guide/task_format: left, top, width and height in per cent of the picture's width and
height, beside that size in pixels.
"""

from __future__ import annotations

from typing import Any

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.errors import InputError
from kit.language import _
from kit.local_cloud.labelling.label_studio_config import PICTURE, TOOL


def rectangles(picture: AnnotatedPicture) -> list[dict[str, Any]]:
    """The picture's boxes as a `result`.

    Raises:
        InputError: the picture has boxes but no size.
    """
    if picture.boxes and not (picture.width and picture.height):
        raise InputError(
            _("{picture} has boxes but no size in pixels, so they cannot be given in per cent.").format(
                picture=picture.source
            )
        )
    return [_rectangle(box, picture.width, picture.height) for box in picture.boxes]


def _rectangle(box: BoundingBox, width: int, height: int) -> dict[str, Any]:
    return {
        "type": "rectanglelabels",
        "from_name": TOOL,
        "to_name": PICTURE,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {
            "x": 100 * box.left / width,
            "y": 100 * box.top / height,
            "width": 100 * box.width / width,
            "height": 100 * box.height / height,
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
    }
