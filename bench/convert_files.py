"""Annotation files of any number of pictures, with the same boxes in each format, as those who made it write it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

CLASSES = ("usb-a", "usb-c", "lightning")
WIDTH, HEIGHT = 640, 480


class Box(NamedTuple):
    class_id: int
    left: int
    top: int
    width: int
    height: int


def boxes(number: int) -> list[Box]:
    """One to four boxes of the picture of that number, in pixels."""
    chance = random.Random(number)
    return [
        Box(chance.randrange(3), chance.randrange(500), chance.randrange(400), 20 + chance.randrange(120), 60)
        for _ in range(1 + number % 4)
    ]


def name(number: int) -> str:
    return f"picture-{number:07d}.jpg"


def write_ground_truth(path: Path, pictures: int) -> None:
    """The output manifest of a labeling job, of a job with one worker."""
    with path.open("wb") as file:
        for number in range(pictures):
            found = boxes(number)
            record = {
                "source-ref": f"s3://bucket/bounding_box/images/{name(number)}",
                "plugs": {
                    "image_size": [{"width": WIDTH, "height": HEIGHT, "depth": 3}],
                    "annotations": [box._asdict() for box in found],
                },
                "plugs-metadata": {
                    "objects": [{"confidence": 0.0} for _ in found],
                    "class-map": {str(box.class_id): CLASSES[box.class_id] for box in found},
                    "type": "groundtruth/object-detection",
                    "human-annotated": "yes",
                    "creation-date": "2026-11-22T10:18:13.527256",
                    "job-name": "labeling-job/plugs",
                },
            }
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def write_label_studio(path: Path, pictures: int) -> None:
    """A JSON export of Label Studio 1.23, with all that it tells of a task and an annotation."""
    with path.open("wb") as file:
        for number in range(pictures):
            file.write((b"," if number else b"[") + orjson.dumps(_task(number)))
        file.write(b"]")


def write_coco(path: Path, pictures: int) -> None:
    """COCO, in the order in which everybody writes it."""
    categories = [{"id": class_id, "name": label} for class_id, label in enumerate(CLASSES)]
    with path.open("wb") as file:
        file.write(b'{"categories":%b,"images":[' % orjson.dumps(categories))
        for number in range(pictures):
            image = {"id": number + 1, "file_name": name(number), "width": WIDTH, "height": HEIGHT}
            file.write((b"," if number else b"") + orjson.dumps(image))
        file.write(b'],"annotations":[')
        for annotation in _coco_annotations(pictures):
            file.write((b"," if annotation["id"] > 1 else b"") + orjson.dumps(annotation))
        file.write(b"]}")


def write_cvat(path: Path, pictures: int) -> None:
    """CVAT for images 1.1."""
    labels = "".join(f"<label><name>{label}</name></label>" for label in CLASSES)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"<annotations><version>1.1</version><meta><task><labels>{labels}</labels></task></meta>\n")
        for number in range(pictures):
            shapes = "".join(
                f'<box label="{CLASSES[box.class_id]}" source="manual" occluded="0" xtl="{box.left}" ytl="{box.top}" '
                f'xbr="{box.left + box.width}" ybr="{box.top + box.height}" z_order="0"></box>'
                for box in boxes(number)
            )
            file.write(
                f'<image id="{number}" name="{name(number)}" width="{WIDTH}" height="{HEIGHT}">{shapes}</image>\n'
            )
        file.write("</annotations>\n")


def _coco_annotations(pictures: int) -> Iterator[dict[str, Any]]:
    identity = 0
    for number in range(pictures):
        for box in boxes(number):
            identity += 1
            yield {
                "id": identity,
                "image_id": number + 1,
                "category_id": box.class_id,
                "bbox": box[1:],
                "area": box.width * box.height,
                "iscrowd": 0,
            }


def _task(number: int) -> dict[str, Any]:
    when = "2026-11-22T09:00:00.000000Z"
    results = [
        {
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "image_rotation": 0,
            "value": {
                "x": box.left / WIDTH * 100,
                "y": box.top / HEIGHT * 100,
                "width": box.width / WIDTH * 100,
                "height": box.height / HEIGHT * 100,
                "rotation": 0,
                "rectanglelabels": [CLASSES[box.class_id]],
            },
            "id": f"aZ{number:08d}",
            "from_name": "label",
            "to_name": "image",
            "type": "rectanglelabels",
            "origin": "manual",
        }
        for box in boxes(number)
    ]
    annotation = {
        **{"id": number, "completed_by": 1, "result": results, "was_cancelled": False, "ground_truth": False},
        **{"created_at": when, "updated_at": when, "draft_created_at": None, "lead_time": 4.2, "prediction": {}},
        **{"result_count": len(results), "unique_id": f"0a1b2c3d-0000-4000-8000-{number:012d}", "import_id": None},
        **{"last_action": None, "bulk_created": False, "task": number, "project": 1, "updated_by": 1},
        **{"parent_prediction": None, "parent_annotation": None, "last_created_by": None},
    }
    return {
        **{"id": number, "annotations": [annotation], "file_upload": None, "drafts": [], "predictions": []},
        **{"data": {"image": f"s3://bucket/bounding_box/images/{name(number)}"}, "meta": {}},
        **{"created_at": when, "updated_at": when, "allow_skip": True, "inner_id": number, "total_annotations": 1},
        **{"cancelled_annotations": 0, "total_predictions": 0, "comment_count": 0, "unresolved_comment_count": 0},
        **{"last_comment_updated_at": None, "project": 1, "updated_by": 1, "comment_authors": []},
    }
