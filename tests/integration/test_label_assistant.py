"""The assistant on the real Label Studio, with programs in place of the detector that keep SageMaker's contracts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.local_cloud.beside.assistant import Assistance, Assistant, hired
from kit.local_cloud.labelling.annotator import annotate
from kit.local_cloud.labelling.label_studio_projects import project_progress
from tests.integration.labelling_workshop import LABELS, Workshop
from tests.waiting import eventually

TRAINS = "import os, pathlib; (pathlib.Path(os.environ['SAGEMAKER_BASE_DIR']) / 'model' / 'model').touch()"
FAILS = """
import os, pathlib
(pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "output" / "failure").write_text("the loss is nan")
raise SystemExit(1)
"""
# Finds the one object of each picture where it is.
SERVES = """
import http.server, json, os

class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = {"normalized_boxes": [[0.1, 0.2, 0.5, 0.6]], "classes": [1], "scores": [0.9], "labels": LABELS}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Endpoint).serve_forever()
""".replace("LABELS", json.dumps(LABELS))
BOX = BoundingBox(LABELS[1], 64, 96, 320, 288)
NAMES = [f"{number:02}.jpg" for number in range(10)]
TRUTH = {name: AnnotatedPicture(name, 640, 480, (BOX,)) for name in NAMES}


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text]


class Job:
    """Ten pictures in a project, of which some are labelled, and an assistant that has seen to it."""

    def __init__(self, workshop: Workshop, train: str, folder: Path) -> None:
        for name in NAMES:
            workshop.put_picture(name, (640, 480))
        self.project = workshop.jobs.project(LabelingJobName=workshop.create(*NAMES))
        self.access, self.said = workshop.access, list[str]()
        hire = hired(Assistance(program(train), program(SERVES), {}), workshop.s3, folder, self.said.append)
        assert hire is not None
        self.assistant: Assistant = hire(workshop.access, self.project, LABELS)

    def label(self, count: int) -> None:
        for progress in annotate(self.access, self.project, TRUTH):
            if progress.done == count:
                return

    def see_to_it_until(self, word: str) -> None:
        def told() -> bool:
            self.assistant.see_to(project_progress(self.access, self.project).labelled)
            return any(word in each for each in self.said)

        eventually(told)

    def tasks(self) -> list[Any]:
        with self.access.session("test") as label_studio:
            return list(label_studio.tasks.list(project=self.project, fields="all"))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "assistant"
    assert not (tmp_path / "assistant").exists(), "it has left something"


def test_when_eight_are_labelled_boxes_are_proposed_on_the_rest_and_nothing_is_submitted(
    workshop: Workshop, folder: Path
) -> None:
    job = Job(workshop, TRAINS, folder)
    job.label(7)
    job.assistant.see_to(7)
    assert job.said == []
    job.label(8)
    job.see_to_it_until("proposed")
    job.assistant.leave()
    assert job.said == [
        "  A model learns from the 8 pictures with boxes, in the background; ASSIST=0 does without.",
        "  Boxes proposed: 2, on 2 of the pictures to label; none counts until it is submitted.",
    ]
    *labelled, one, other = job.tasks()
    assert [task.total_predictions for task in labelled] == [0] * 8
    for task in (one, other):
        (prediction,) = task.predictions
        (region,) = prediction.result
        value = region["value"]
        assert [round(value[edge], 3) for edge in ("x", "y", "width", "height")] == [10, 20, 40, 40]
        assert value["rectanglelabels"] == [LABELS[1]]
        assert task.total_annotations == 0


def test_a_training_that_fails_is_told_and_labelling_goes_on(workshop: Workshop, folder: Path) -> None:
    job = Job(workshop, FAILS, folder)
    job.label(8)
    job.see_to_it_until("the loss is nan")
    assert job.said[-1] == ("  No proposals this time: A training failed: the loss is nan. Labelling goes on.")
    job.label(10)
    assert project_progress(job.access, job.project).labelled == 10
    job.assistant.leave()
