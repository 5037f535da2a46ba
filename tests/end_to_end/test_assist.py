"""`ASSIST=1` with the real detector and the real Label Studio; trainings as short as can be."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import coco
from kit.local_cloud.labelling.annotator import annotate
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command

TRUTH = {picture.file_name: picture for picture in coco.read(SAMPLES / "train.coco.json").pictures}
SHORT = {"epochs": "1", "image_size": "96"}


def printed(folder: Path) -> str:
    return (folder / "output.txt").read_text()


def test_after_eight_pictures_the_others_have_proposals_that_nobody_has_submitted(tmp_path: Path) -> None:
    process = command.start("local", folder=tmp_path, labeler="human", **SHORT)
    try:
        command.wait_for("the way in", lambda: "Enough labelled?" in printed(tmp_path) or process.poll() is not None)
        access = access_to(tmp_path)
        project = only_project(access)
        for progress in annotate(access, project, TRUTH):
            if progress.done == 8:
                break
        command.wait_for("proposals", lambda: "on 27 of the pictures to label" in printed(tmp_path) or process.poll())
        with access.session("test") as label_studio:
            tasks: list[Any] = list(label_studio.tasks.list(project=project, fields="all"))
            opened = label_studio.projects.get(project)
        assert [task.total_annotations for task in tasks] == [1] * 8 + [0] * 27
        assert [task.total_predictions for task in tasks] == [0] * 8 + [1] * 27
        assert (opened.show_collab_predictions, opened.model_version) == (True, "assist-8")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(command.PATIENCE_SECONDS)
    assert process.returncode == 130
    assert not (command.latest(tmp_path) / "cloud" / "assistant").exists()
    assert command.processes_of(tmp_path) == []


def access_to(folder: Path) -> LabelStudioAccess:
    credentials = json.loads((command.latest(folder) / "cloud" / "label-studio" / "credentials.json").read_text())
    address = re.search(r"at (http://127\.0\.0\.1:\d+)/", printed(folder))
    assert address, printed(folder)
    return LabelStudioAccess(address[1], **credentials)


def only_project(access: LabelStudioAccess) -> int:
    with access.session("test") as label_studio:
        (project,) = label_studio.projects.list()
    return int(project.id)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"assist": "no-such-run"}, "no run"),
        ({"assist": "2"}, "ASSIST"),
    ],
)
def test_a_run_that_cannot_help_is_refused_before_anything_is_made(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    done = command.kit("local", folder=tmp_path, labeler="human", **settings)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not list((tmp_path / "runs").glob("*/journal.json"))
