"""Pictures that change while a run is unfinished: said, done anew where needed, and no label lost that still fits."""

from __future__ import annotations

import base64
import contextlib
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import httpx

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotationStream
from kit.local_cloud.labelling.label_studio_config import PICTURE, TOOL
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command
from tests.end_to_end.test_by_hand import WAY_IN, sign_in

SAMPLE = sorted((SAMPLES / "train").glob("*.jpg"))
QUICK = {"epochs": "1", "image_size": "160"}


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in where a command that is at work says, with the tasks by the name of their picture."""

    process: subprocess.Popen[str]
    browser: httpx.Client
    tasks: dict[str, int]

    def label(self, name: str) -> None:
        box = {"x": 10, "y": 20, "width": 30, "height": 25, "rotation": 0, "rectanglelabels": ["plug"]}
        rectangle = {"type": "rectanglelabels", "from_name": TOOL, "to_name": PICTURE, "value": box}
        self.browser.post(
            f"/api/tasks/{self.tasks[name]}/annotations/",
            json={"result": [{**rectangle, "original_width": 640, "original_height": 480}]},
            headers={"X-CSRFToken": self.browser.cookies["csrftoken"]},
        ).raise_for_status()


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[Person]:
    (folder / "output.txt").write_text("")
    process = command.start("local", folder=folder, images=str(folder / "pictures"), labels="plug", **QUICK)
    said = command.wait_for(
        "the way in",
        lambda: re.search(WAY_IN, (folder / "output.txt").read_text(), re.S) or process.poll() is not None,
    )
    try:
        assert isinstance(said, re.Match), (folder / "output.txt").read_text()
        with httpx.Client(base_url=said[1], trust_env=False, follow_redirects=True) as browser:
            sign_in(browser, said[2], said[3], said[4])
            project = re.search(r"projects%2F(\d+)", said[2])
            assert project
            query = {"project": project[1], "page_size": "100"}
            tasks = browser.get("/api/tasks/", params=query).raise_for_status().json()["tasks"]
            yield Person(process, browser, {name_of(task["data"][PICTURE]): task["id"] for task in tasks})
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)


def name_of(address: str) -> str:
    """The name in the bucket of a picture that Label Studio hands on."""
    uri = base64.b64decode(parse_qs(urlsplit(address).query)["fileuri"][0]).decode()
    return uri.rpartition("/")[2]


def test_labels_that_still_fit_are_kept_and_the_rest_is_labelled_anew(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, path in enumerate(SAMPLE[:6]):
        (pictures / f"{number}.jpg").write_bytes(path.read_bytes())
    with at_work(tmp_path) as person:
        assert person.tasks.keys() == {f"{number}.jpg" for number in range(6)}
        for number in range(5):
            person.label(f"{number}.jpg")
        command.wait_for("progress", lambda: command.journal(tmp_path)["stages"]["labelling"]["done"] == 5)
        person.process.send_signal(signal.SIGINT)
        assert person.process.wait(command.PATIENCE_SECONDS) == 130
    # 0 and 1 stay; 2 is resized; 3 is another picture now; 4 is gone; 5 has no label; 6 is new.
    small = cv2.resize(cv2.imread(str(pictures / "2.jpg")), (320, 240), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(pictures / "2.jpg"), small)
    (pictures / "3.jpg").write_bytes(SAMPLE[10].read_bytes())
    (pictures / "4.jpg").unlink()
    (pictures / "6.jpg").write_bytes(SAMPLE[6].read_bytes())
    with at_work(tmp_path) as person:
        output = (tmp_path / "output.txt").read_text()
        assert "something has changed (changed: 2.jpg, 3.jpg; new: 6.jpg; gone: 4.jpg)" in output
        assert "Pictures whose labels are kept: 3, 1 of them scaled" in output
        assert person.tasks.keys() == {f"{number}.jpg" for number in (0, 1, 2, 3, 5, 6)}
        for name in ("3.jpg", "5.jpg", "6.jpg"):
            person.label(name)
        assert person.process.wait(2 * command.PATIENCE_SECONDS) == 0, (tmp_path / "output.txt").read_text()
    assert len(list((tmp_path / "runs").glob("*/journal.json"))) == 2, "one run, and latest"
    summary = command.summary(tmp_path)
    assert (summary["images"], summary["labelled"], summary["boxes"], summary["left_behind"]) == (6, 6, 6, [])
    results = command.latest(tmp_path) / "results"
    labelled = {picture.file_name: picture for picture in ground_truth.read(results / "output.manifest").pictures}
    assert labelled.keys() == {f"{number}.jpg" for number in (0, 1, 2, 3, 5, 6)}
    (box,) = labelled["2.jpg"].boxes
    assert (labelled["2.jpg"].width, labelled["2.jpg"].height) == (320, 240)
    assert (box.left, box.top, box.width, box.height) == (32, 48, 96, 60)
    assert labelled["0.jpg"].boxes[0].left == 64


def test_a_manifest_and_pictures_that_are_corrected_later_are_taken_as_they_are_then(tmp_path: Path) -> None:
    """Cut short after everything was made from the first ones, up to the endpoint."""
    pictures, manifest = tmp_path / "pictures", tmp_path / "labels.json"
    pictures.mkdir()
    truth = list(coco.read(SAMPLES / "train.coco.json").pictures)[:6]
    for picture in truth:
        (pictures / picture.file_name).write_bytes((SAMPLES / "train" / picture.file_name).read_bytes())
    labels = ("usb-a", "usb-c", "lightning")
    ground_truth.write(manifest, AnnotationStream(labels, iter(truth[:5])))
    given = {"images": str(pictures), "manifest": str(manifest), "labels": ",".join(labels), **QUICK}
    process = command.start("local", folder=tmp_path, **given)
    command.wait_for("detection", lambda: "detection" in stages(tmp_path) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    command.wait_for("its processes to end", lambda: not command.processes_of(tmp_path))
    ground_truth.write(manifest, AnnotationStream(labels, iter(truth)))
    done = command.kit("local", folder=tmp_path, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "something has changed (the labels that were given)" in done.stdout
    summary, journal = command.summary(tmp_path), command.journal(tmp_path)
    assert (summary["labelled"], summary["left_behind"]) == (6, [])
    assert journal["stages"]["pictures"]["attempts"] == 1
    assert journal["stages"]["training"]["attempts"] == 2
    jobs = [each["name"] for each in journal["resources"] if each["kind"] == "training-job"]
    assert len(jobs) == 2
    assert journal["stages"]["training"]["result"]["job"] == jobs[1]


def stages(folder: Path) -> dict[str, Any]:
    if not (folder / "runs" / "latest" / "journal.json").exists():
        return {}
    found: dict[str, Any] = command.journal(folder)["stages"]
    return found
