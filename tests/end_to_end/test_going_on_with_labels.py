"""Labelling that goes on from labels: those of a file, then those of a run; corrected, added to, killed, none lost."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.local_cloud.labelling.label_studio_config import PICTURE, TOOL
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command
from tests.end_to_end.test_by_hand import WAY_IN, sign_in
from tests.end_to_end.test_changed_pictures import name_of

LABELS = ("usb-a", "usb-c", "lightning")
TRUTH = {picture.file_name: picture for picture in list(coco.read(SAMPLES / "train.coco.json").pictures)[:8]}
NAMES = sorted(TRUTH)
# Of half the picture each way.
DRAWN = (160, 120, 320, 240)
QUICK = {"epochs": "1", "image_size": "160"}


@dataclass(frozen=True)
class Person:
    """Somebody at the labelling page of a run; `tasks` are Label Studio's, by the name of their picture."""

    process: subprocess.Popen[str]
    browser: httpx.Client
    tasks: dict[str, dict[str, Any]]

    def labelled(self) -> set[str]:
        """The pictures that have a label when the page is opened."""
        return {name for name, task in self.tasks.items() if task["total_annotations"]}

    def proposed(self) -> set[str]:
        return {name for name, task in self.tasks.items() if task["total_predictions"]}

    def label(self, name: str) -> None:
        self._send("POST", f"/api/tasks/{self.tasks[name]['id']}/annotations/")

    def correct(self, name: str) -> None:
        """In place of the boxes that there are: one, as `label` draws it."""
        (label,) = self.browser.get(f"/api/tasks/{self.tasks[name]['id']}/annotations/").raise_for_status().json()
        self._send("PATCH", f"/api/annotations/{label['id']}/")

    def _send(self, method: str, path: str) -> None:
        value = {"x": 25, "y": 25, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": ["usb-c"]}
        box = {"type": "rectanglelabels", "from_name": TOOL, "to_name": PICTURE, "value": value}
        result = [{**box, "original_width": 640, "original_height": 480}]
        headers = {"X-CSRFToken": self.browser.cookies["csrftoken"]}
        self.browser.request(method, path, json={"result": result}, headers=headers).raise_for_status()


@contextlib.contextmanager
def at_work(folder: Path, *arguments: str, **settings: str) -> Iterator[Person]:
    """A person who is signed in where a command says; the command is stopped in the end."""
    (folder / "output.txt").write_text("")
    process = command.start(*arguments, folder=folder, **settings)
    said = command.wait_for(
        "the way in", lambda: re.search(WAY_IN, printed(folder), re.S) or process.poll() is not None
    )
    try:
        assert isinstance(said, re.Match), printed(folder)
        with httpx.Client(base_url=said[1], trust_env=False, follow_redirects=True) as browser:
            sign_in(browser, said[2], said[3], said[4])
            project = re.search(r"projects%2F(\d+)", said[2])
            assert project
            query = {"project": project[1], "page_size": "100", "fields": "all"}
            tasks = browser.get("/api/tasks/", params=query).raise_for_status().json()["tasks"]
            yield Person(process, browser, {name_of(task["data"][PICTURE]): task for task in tasks})
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)


def printed(folder: Path) -> str:
    return (folder / "output.txt").read_text()


def kill(person: Person, folder: Path) -> None:
    person.process.send_signal(signal.SIGKILL)
    person.process.wait()
    command.wait_for("its processes to end", lambda: not command.processes_of(folder))


def wait_for_labels(person: Person, folder: Path) -> None:
    command.wait_for("the labels", lambda: "[3/8]" in printed(folder) or person.process.poll() is not None)
    assert "[3/8]" in printed(folder), printed(folder)


def labels_of(run: Path) -> dict[str, list[tuple[float, ...]]]:
    """The edges of the boxes by picture, of those that are labelled."""
    pictures = ground_truth.read(run / "results" / "output.manifest", labels=LABELS).pictures
    return {picture.file_name: edges(picture) for picture in pictures if picture.state.value == "labelled"}


def edges(picture: AnnotatedPicture) -> list[tuple[float, ...]]:
    return [(box.left, box.top, box.width, box.height) for box in picture.boxes]


@pytest.fixture(scope="module")
def went_on(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four of six pictures were labelled in a file; one is corrected, one added, then the kit is killed, a picture
    joins, and all is labelled. The folder, with what each beginning showed in `shown.json`."""
    folder = tmp_path_factory.mktemp("going-on")
    pictures, labels = folder / "pictures", folder / "labels.json"
    pictures.mkdir()
    for name in NAMES[:6]:
        shutil.copy(SAMPLES / "train" / name, pictures)
    coco.write(labels, AnnotationStream(LABELS, (TRUTH[name] for name in NAMES[:4])))
    given = {
        "images": str(pictures),
        "annotations": str(labels),
        "labels": ",".join(LABELS),
        "labeler": "human",
        **QUICK,
    }
    with at_work(folder, "local", **given) as person:
        first = sorted(person.labelled())
        assert sorted(person.tasks) == NAMES[:6]
        assert "4 of 6 pictures have labels already" in printed(folder)
        person.correct(NAMES[0])
        person.label(NAMES[4])
        kill(person, folder)
    shutil.copy(SAMPLES / "train" / NAMES[6], pictures)
    with at_work(folder, "local", **given) as person:
        second = sorted(person.labelled())
        assert f"something has changed (new: {NAMES[6]})" in printed(folder)
        assert sorted(person.tasks) == NAMES[:7]
        person.label(NAMES[5])
        person.label(NAMES[6])
        wait_for_labels(person, folder)
    (folder / "shown.json").write_text(json.dumps([first, second]))
    return folder


def test_what_is_labelled_in_a_file_is_shown_and_after_a_kill_all_that_was_drawn(went_on: Path) -> None:
    first, second = json.loads((went_on / "shown.json").read_text())
    assert first == NAMES[:4]
    assert second == NAMES[:5]


def test_corrected_added_and_untouched_labels_are_in_the_manifest(went_on: Path) -> None:
    assert labels_of(command.latest(went_on)) == {
        NAMES[0]: [DRAWN],
        **{name: edges(TRUTH[name]) for name in NAMES[1:4]},
        **{name: [DRAWN] for name in NAMES[4:7]},
    }


def test_a_run_is_relabelled_with_pictures_found_wrong_and_pictures_added_later(went_on: Path) -> None:
    """Killed in the middle; and what was not corrected or submitted is as it was."""
    earlier = command.latest(went_on)
    to_label = earlier / "to-label"
    to_label.mkdir()
    shutil.copy(SAMPLES / "held_out" / "plugs-036.jpg", to_label / "cat-0a1b2c3d.jpg")
    shown = AnnotatedPicture("cat-0a1b2c3d.jpg", 640, 480, (BoundingBox("usb-a", 10, 20, 30, 40),))
    ground_truth.write(to_label / "output.manifest", AnnotationStream(LABELS, iter([shown])))
    before = labels_of(earlier)
    with at_work(went_on, "relabel", run=earlier.name) as person:
        assert person.labelled() == set(NAMES[:7])
        assert person.proposed() == {"cat-0a1b2c3d.jpg"}
        assert f"Pictures that have their labels from {earlier.name}: 7." in printed(went_on)
        person.correct(NAMES[1])
        second = command.kit("relabel", folder=went_on, run=earlier.name)
        assert second.returncode == 2
        assert "is going on in another terminal; wait for it, or stop it first" in second.stderr
        kill(person, went_on)
    relabelled = command.latest(went_on)
    assert relabelled != earlier
    shutil.copy(SAMPLES / "train" / NAMES[7], went_on / "pictures")
    # The new run needs the earlier one no more.
    shutil.move(earlier, went_on / "moved away")
    with at_work(went_on, "local", run=relabelled.name) as person:
        assert person.labelled() == set(NAMES[:7])
        assert person.tasks.keys() == {*NAMES[:8], "cat-0a1b2c3d.jpg"}
        person.label(NAMES[7])
        assert command.kit("go-on", folder=went_on).returncode == 0
        wait_for_labels(person, went_on)
    assert labels_of(relabelled) == {**before, NAMES[1]: [DRAWN], NAMES[7]: [DRAWN]}
    shutil.move(went_on / "moved away", earlier)
    assert labels_of(earlier) == before, "the earlier run keeps its own"
