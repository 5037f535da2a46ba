"""An endpoint's answers as a run keeps them, one JSON object a line: `{"picture": …, "seconds": …, "answer": {…}}`."""

from __future__ import annotations

import json
from pathlib import Path

from kit.annotations.formats import coco
from kit.detection import response, verdicts
from kit.detection.verdicts import JudgedPicture


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
