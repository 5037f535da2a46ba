"""The folder of pictures that were kept in the page is given to other commands as any folder of labels is."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from kit.annotations.check import check
from kit.annotations.convert import convert
from kit.annotations.problems import Problem
from kit.console import Console
from kit.run import picture_set
from kit.run.picture_set import SAMPLES
from kit.serving.to_label import keep
from kit.settings import Settings

LABELS = ("usb-a", "usb-c", "lightning")
BOX = {"label": "usb-c", "left": 10.5, "top": 20, "width": 100, "height": 50}


def kept(folder: Path) -> Path:
    for number, path in enumerate(sorted((SAMPLES / "held_out").glob("*.jpg"))[:6]):
        picture = base64.b64encode(path.read_bytes()).decode()
        boxes = [BOX] * (number != 0)  # of the first somebody took all away
        keep(folder, LABELS, json.dumps({"name": path.name, "picture": picture, "boxes": boxes}).encode())
    return folder


def test_check_and_convert_read_the_folder(tmp_path: Path) -> None:
    folder = kept(tmp_path / "to-label")
    problems: list[Problem] = []
    summary = check(folder, problems.append, images=folder)
    assert (summary.boxes, summary.errors) == ({"usb-c": 5}, 0)
    for images in (None, folder):
        done = convert(folder, tmp_path / "out.json", images=images)
        assert (done.written.pictures, done.written.boxes) == (6, 5)


def test_a_run_takes_the_folder_as_pictures_and_as_annotations(tmp_path: Path) -> None:
    folder = kept(tmp_path / "to-label")
    for given in (folder, folder / "output.manifest"):
        found = picture_set.collect(Settings(images=folder, annotations=given, labels=LABELS), Console())
        assert len(found.pictures) == 6
        assert found.left_out == ()
        assert found.given is not None
        assert sum(len(picture.boxes) for picture in found.given.pictures) == 5
