"""Stage "detection": every held-out picture is sent to the endpoint; its answer is kept and drawn."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

from kit.annotations import coco
from kit.atomic_file import write_atomically
from kit.detection import drawing, request, response
from kit.detection.picture import read_picture, write_picture
from kit.workshop.context import Context

# Enough for a score over all of a picture; the endpoint sorts by score.
N_PREDICTIONS = 100


def run(context: Context) -> dict[str, Any]:
    pictures = held_out_pictures(context)
    endpoint = context.journal.result("endpoint")["endpoint"]
    labels = context.pictures.labels
    context.folder.detections.mkdir(exist_ok=True)
    truth = {picture.file_name: picture.boxes for picture in coco.read(truth_file(context)).pictures}
    lines: list[str] = []
    seconds: list[float] = []
    shown = 0
    with context.console.progress("detected", len(pictures)) as advance:
        for number, path in enumerate(pictures, start=1):
            picture = read_picture(path)
            body = request.body_of(path)
            started = time.perf_counter()
            answer = request.ask(context.cloud.runtime, endpoint, body, N_PREDICTIONS)
            seconds.append(time.perf_counter() - started)
            lines.append(json.dumps({"picture": path.name, "seconds": seconds[-1], "answer": json.loads(answer)}))
            height, width = picture.shape[:2]
            detections = response.parse(answer, labels, width, height)
            drawn = [found for found in detections if found.score >= context.settings.threshold]
            shown += len(drawn)
            drawn_on = drawing.draw_detections(picture, drawn, labels, truth.get(path.name, ()))
            write_picture(context.folder.detections / f"{path.stem}.jpg", drawn_on)
            advance(number)
    write_atomically(context.folder.detections_file, "".join(line + "\n" for line in lines).encode())
    return {
        "pictures": len(pictures),
        "detections_drawn": shown,
        "endpoint_p50_ms": 1000 * statistics.median(seconds) if seconds else None,
    }


def held_out_pictures(context: Context) -> tuple[Path, ...]:
    """Files of the pictures that were not trained on."""
    if context.pictures.held_out is not None:
        return context.pictures.held_out
    names = set(context.journal.result("conversion")["held_out"])
    return tuple(path for path in context.pictures.pictures if path.name in names)


def truth_file(context: Context) -> Path:
    """COCO file with the true boxes of those pictures."""
    return context.pictures.held_out_truth or context.folder.held_out_truth
