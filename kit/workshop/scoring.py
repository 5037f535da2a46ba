"""Stage "scoring": mean average precision of the endpoint's answers over the held-out pictures."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from kit.annotations import coco
from kit.detection import response, scoring
from kit.workshop.context import Context
from kit.workshop.detection import truth_file


def run(context: Context) -> dict[str, Any]:
    stream = coco.read(truth_file(context))
    truth = {picture.file_name: picture for picture in stream.pictures}
    detections = {}
    for line in context.folder.detections_file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        picture = truth[entry["picture"]]
        answer = json.dumps(entry["answer"]).encode()
        detections[entry["picture"]] = response.parse(answer, stream.labels, picture.width, picture.height)
    scores = scoring.score(truth.values(), detections, stream.labels)
    if scores is None:
        context.console.say("  no boxes to score against")
        return {"map50": None, "map": None}
    context.console.say(f"  mAP@0.5 {scores.map50:.3f}   mAP@[.5:.95] {scores.map:.3f}")
    return dataclasses.asdict(scores)
