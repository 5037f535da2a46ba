"""Small label files with the same objects on two pictures of 100x80, a.jpg and b.jpg."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAMES = ("a.jpg", "b.jpg")
SIZE = (100, 80)


def written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def coco(folder: Path, *annotations: dict[str, Any], image: dict[str, Any] | None = None, **document: Any) -> Path:
    """A COCO file with one category, 1: cat.

    Args:
        image: what its images have besides id, name and size; None as a value takes that away.
    """
    images = []
    for number, name in enumerate(NAMES, start=1):
        entry = {"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1], **(image or {})}
        images.append({key: value for key, value in entry.items() if value is not None})
    found = [
        {"id": 10 * number + place, "image_id": number, "category_id": 1, **each}
        for number in (1, 2)
        for place, each in enumerate(annotations)
    ]
    whole = {"images": images, "annotations": found, "categories": [{"id": 1, "name": "cat"}], **document}
    return written(folder / "coco.json", whole)


def tasks(folder: Path, *results: dict[str, Any], data: dict[str, Any] | None = None, **task: Any) -> Path:
    """A Label Studio export."""
    found = []
    for number, name in enumerate(NAMES, start=1):
        annotation = {"id": number, "result": list(results), "was_cancelled": False}
        found.append({"id": number, "data": data or {"image": f"s3://b/{name}"}, "annotations": [annotation], **task})
    return written(folder / "export.json", found)


def result(kind: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    sizes = {"original_width": SIZE[0], "original_height": SIZE[1], "image_rotation": 0}
    return {"id": "r1", "from_name": "label", "to_name": "image", "type": kind, "value": value, **sizes, **more}


def rectangle(label: str = "cat", **more: Any) -> dict[str, Any]:
    """Left 10, top 8, right 30, bottom 24 in pixels."""
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rotation": 0, "rectanglelabels": [label]}
    return result("rectanglelabels", value, **more)


def voc(folder: Path, inner: str = "", size: str = "", filename: str = "{name}", stem: str = "{stem}") -> Path:
    """A folder of Pascal VOC files.

    Args:
        inner: the objects; by default one cat.
        size: the element size, and what else is beside the name; by default that of the pictures.
    """
    size = size or f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth></size>"
    (folder / "Annotations").mkdir(parents=True)
    for name in NAMES:
        called = {"name": name, "stem": Path(name).stem}
        document = f"<annotation><filename>{filename.format(**called)}</filename>{size}{inner or thing()}</annotation>"
        (folder / "Annotations" / f"{stem.format(**called)}.xml").write_text(document, encoding="utf-8")
    return folder / "Annotations"


def thing(left: float = 10, top: float = 8, right: float = 30, bottom: float = 24, more: str = "") -> str:
    """An object of Pascal VOC."""
    edges = f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    return f"<object><name>cat</name><bndbox>{edges}</bndbox>{more}</object>"


def line(name: str = "a.jpg", attribute: str = "pets", **changes: Any) -> dict[str, Any]:
    """A line of a manifest, with one cat.

    Args:
        changes: `answer` and `metadata` hold members to change; None as a value takes one away.
    """
    answer: dict[str, Any] = {
        "image_size": [{"width": SIZE[0], "height": SIZE[1], "depth": 3}],
        "annotations": [{"class_id": 0, "left": 10, "top": 8, "width": 20, "height": 16}],
        **changes.pop("answer", {}),
    }
    metadata: dict[str, Any] = {
        "objects": [{"confidence": 0}],
        "class-map": {"0": "cat"},
        "type": "groundtruth/object-detection",
        "creation-date": "2026-03-01T10:00:00",
        **changes.pop("metadata", {}),
    }
    parts = {attribute: answer, f"{attribute}-metadata": metadata}
    kept = {key: {k: v for k, v in part.items() if v is not None} for key, part in parts.items()}
    return {"source-ref": f"s3://b/{name}", **kept, **changes}


def manifest(folder: Path, *lines: dict[str, Any]) -> Path:
    """Those lines; where it is one, for both pictures."""
    found = [{**lines[0], "source-ref": f"s3://b/{name}"} for name in NAMES] if len(lines) == 1 else lines
    path = folder / "output.manifest"
    path.write_text("".join(json.dumps(each) + "\n" for each in found), encoding="utf-8")
    return path


def yolo(
    folder: Path, lines: str = "0 0.2 0.2 0.2 0.2\n", labels: str = "labels", names: str = "names: [cat]\n"
) -> Path:
    """A folder with a data.yaml and two label files, without pictures; the box is that of the others."""
    (folder / labels).mkdir(parents=True)
    for name in NAMES:
        (folder / labels / f"{Path(name).stem}.txt").write_text(lines, encoding="utf-8")
    if names:
        (folder / "data.yaml").write_text(names, encoding="utf-8")
    return folder


def cvat(folder: Path, shapes: str, image: str = 'width="100" height="80"', rest: str = "") -> Path:
    """An annotations.xml."""
    images = "".join(f'<image id="{n}" name="{name}" {image}>{shapes}</image>' for n, name in enumerate(NAMES))
    meta = "<meta><task><labels><label><name>cat</name></label></labels></task></meta>"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "annotations.xml"
    path.write_text(f"<annotations><version>1.1</version>{meta}{images}{rest}</annotations>", encoding="utf-8")
    return path
