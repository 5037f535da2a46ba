"""An endpoint's answers as a run keeps them, one JSON object a line: `{"picture": …, "seconds": …, "answer": {…}}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.annotations.formats import coco
from kit.detection import response, verdicts
from kit.detection.verdicts import JudgedPicture
from kit.language import _


def read_answers(answers: Path, truth: Path) -> dict[str, JudgedPicture]:
    """The kept answers of an endpoint, judged by the true boxes of a COCO file, by file name."""
    stream = coco.read(truth)
    pictures = {picture.file_name: picture for picture in stream.pictures}
    found = {}
    for line in answers.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        picture = pictures[entry["picture"]]
        answer = json.dumps(entry["answer"]).encode()
        found[picture.file_name] = verdicts.judge(
            picture, response.parse(answer, stream.labels, picture.width, picture.height)
        )
    return found


def told_origin(result: Mapping[str, Any]) -> str:
    """Why the stage "detection" took its threshold, for people."""
    if result["threshold_origin"] == "setting":
        return _("as THRESHOLD says")
    if result["threshold_origin"] == "default":
        return _("for want of true boxes to choose by")
    return _("where F1 is best ({f1:.2f})").format(f1=result["best_f1"])
