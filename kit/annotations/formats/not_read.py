"""Formats that are not read, told by their content, so that a message can name them and what to export instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from kit.errors import InputError
from kit.language import _

LABELME, VIA, CREATE_ML = "labelme", "VGG Image Annotator", "CreateML"
_DARWIN, _DATUMARO, _SUPERVISELY = "Darwin (V7)", "Datumaro", "Supervisely"
# Keys that all stand in the beginning of such a document.
_KEYS: Mapping[str, tuple[str, ...]] = {
    _DATUMARO: ("categories", "items"),
    _DARWIN: ("annotations", "bounding_box", "name"),
    _SUPERVISELY: ("objects", "classTitle"),
    VIA: ("regions", "shape_attributes"),
    LABELME: ("shapes", "imagePath"),
    "Ultralytics NDJSON": ("type", "task", "class_names"),
    "Vertex AI": ("boundingBoxAnnotations",),
    "Azure Machine Learning": ("image_url", "topX"),
}
TABLES = (".csv", ".tsv", ".xlsx", ".parquet")


def title_of(path: Path, head: bytes) -> str | None:
    """What people call the format that a file seems to be in, though it is none of those that are read.

    Args:
        head: the beginning of the file.
    """
    for title, keys in _KEYS.items():
        if all(re.search(rb'"%b"\s*:' % key.encode(), head) for key in keys):
            return title
    return path.suffix.lower().lstrip(".").upper() if path.suffix.lower() in TABLES else None


def not_read(path: Path, title: str) -> InputError:
    """What to say of a file in such a format."""
    return InputError(
        _("{path}: annotations of {title}, which are not read; export them as COCO, YOLO or Pascal VOC").format(
            path=path, title=title
        )
    )
