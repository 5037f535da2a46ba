"""`kit detect` without a model that could run: what is refused, in one sentence, before anything is started."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from kit.local_cloud.model_archive import pack
from tests.end_to_end import command
from tests.unit.detection.test_request import serving
from tests.unit.runs import begun, finished


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture, and a finished run whose model is gone."""
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((12, 16, 3), np.uint8))
    (tmp_path / "film.mp4").write_text("no film")
    finished(tmp_path, "r1")
    begun(tmp_path, "r2")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "Say what to look at"),
        (("a.jpg", "--run", "r1"), 2, "The model of r1 is not in"),
        (("a.jpg", "--run", "r2"), 2, "r2 is not finished and has no model yet; `kit status r2` says what to do."),
        (("a.jpg", "--run", "r3"), 2, "There is no run r3"),
        (("a.jpg", "--model", "none.tar.gz"), 2, "none.tar.gz: there is no such file"),
        (("a.jpg", "--model", "a.jpg"), 2, "a.jpg: "),
        (("a.jpg", "--run", "r1", "--endpoint", "x"), 2, "give one of them"),
        (("none.jpg",), 2, "none.jpg: there is no such file"),
        (("film.mp4",), 2, "film.mp4: cannot be decoded as a video"),
        (("a.jpg", "--out", "a.txt"), 2, "the name does not say which format"),
        (("a.jpg", "--out", "."), 2, "the drawings would overwrite the pictures"),
        (("--camera", "63"), 3, "There is no camera 63 that can be opened"),
        (("a.jpg", "--threshold", "2"), 2, "--threshold"),
        (("a.jpg", "--endpoint", "x", "--labels", "a,,b"), 2, "'' is no label"),
        (("a.jpg", "--endpoint", "x", "--endpoint-url", "nonsense"), 2, "nonsense: is no address"),
        (("a.jpg", "--endpoint", "x", "--endpoint-url", "http://127.0.0.1:9"), 4, "endpoint x: no answer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_sentence(folder: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    done = command.kit("detect", *arguments, folder=folder)
    assert (done.returncode, said in done.stderr) == (status, True), done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert command.processes_of(folder) == []


def test_without_a_finished_run_it_says_how_to_come_by_a_model(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((12, 16, 3), np.uint8))
    begun(tmp_path, "r2")
    done = command.kit("detect", "a.jpg", folder=tmp_path)
    assert done.returncode == 2
    assert "is finished; `make local` makes one, or give `kit detect` a model: --model." in done.stderr


def test_a_model_of_jumpstarts_is_told_from_the_kits_own(folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "model-0000.params").write_bytes(b"MXNet")
    pack(folder / "theirs", folder / "theirs.tar.gz")
    done = command.kit("detect", "a.jpg", "--model", "theirs.tar.gz", folder=folder)
    assert done.returncode == 2
    assert "is not a model of the kit's own detector" in done.stderr


@pytest.mark.parametrize("sent", [[], ["0", "1"], ["0.0", "1.0"]], ids=["none", "whole", "floats"])
def test_classes_that_an_endpoint_calls_by_numbers_are_named(folder: Path, sent: list[str]) -> None:
    """As a model of JumpStart's on AWS does, of whose run nothing is here."""
    answer = {"normalized_boxes": [[0.1, 0.2, 0.5, 0.6]], "classes": [1.0], "scores": [0.97], "labels": sent}
    with serving(answer=json.dumps(answer).encode()) as (server, _runtime):
        asked = ("detect", "a.jpg", "--endpoint", "x", "--endpoint-url", f"http://127.0.0.1:{server.server_port}")
        done = command.kit(*asked, "--labels", "usb-a,usb-c", "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    picture, summary = map(json.loads, done.stdout.splitlines())
    assert [each["label"] for each in picture["detections"]] == ["usb-c"]
    assert summary["detections"] == {"usb-a": 0, "usb-c": 1}


def test_an_archive_that_leads_out_of_its_folder_is_not_unpacked(folder: Path) -> None:
    with tarfile.open(folder / "evil.tar.gz", "w:gz") as archive:
        archive.add(folder / "a.jpg", arcname="../../evil.jpg")
    done = command.kit("detect", "a.jpg", "--model", "evil.tar.gz", folder=folder)
    assert done.returncode == 2
    assert "lies outside it" in done.stderr
