"""What cannot work is said in one sentence, with a status, before anything is created; and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kit.run.picture_set import SAMPLES
from tests.end_to_end import command


def refused(done: subprocess.CompletedProcess[str], status: int, *said: str) -> None:
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    for text in said:
        assert text in done.stderr


def picture(folder: Path, name: str = "a.jpg") -> Path:
    folder.mkdir(exist_ok=True)
    source = next((SAMPLES / "train").glob("*.jpg"))
    (folder / name).write_bytes(source.read_bytes())
    return folder


def test_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command.kit("local", "--images", "empty", "--labels", "cat", folder=tmp_path)
    refused(done, 2, "empty holds no pictures; put JPEG or PNG files")


def test_no_such_folder(tmp_path: Path) -> None:
    done = command.kit("local", "--images", "nowhere", "--labels", "cat", folder=tmp_path)
    refused(done, 2, "nowhere is not a folder")


def test_a_picture_that_is_no_picture(tmp_path: Path) -> None:
    (picture(tmp_path / "p") / "b.jpg").write_text("not a picture")
    done = command.kit("local", "--images", "p", "--labels", "cat", folder=tmp_path)
    refused(done, 2, "b.jpg")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"source-ref": "s3://b/a.jpg", "job": {"annot', "m.manifest:2: not valid JSON"),
        ('{"source-ref": "s3://b/missing.jpg"}', "m.manifest:2: there is no picture missing.jpg in"),
    ],
    ids=["truncated", "a picture that is not there"],
)
def test_a_manifest_that_cannot_be_used(tmp_path: Path, line: str, said: str) -> None:
    picture(tmp_path / "p")
    (tmp_path / "m.manifest").write_text('{"source-ref": "s3://b/a.jpg"}\n' + line + "\n")
    done = command.kit("local", "--images", "p", "--manifest", "m.manifest", folder=tmp_path)
    refused(done, 2, "m.manifest", said)


def test_a_class_that_is_not_in_the_list(tmp_path: Path) -> None:
    picture(tmp_path / "p")
    (tmp_path / "m.manifest").write_text(json.dumps(line_with("dog")) + "\n")
    done = command.kit("local", "--images", "p", "--manifest", "m.manifest", "--labels", "cat", folder=tmp_path)
    refused(done, 2, "m.manifest:1: ", '"dog"', "LABELS")


def line_with(label: str) -> dict[str, object]:
    return {
        "source-ref": "s3://b/a.jpg",
        "job": {
            "image_size": [{"width": 640, "height": 480, "depth": 3}],
            "annotations": [{"class_id": 0, "left": 10, "top": 10, "width": 50, "height": 40}],
        },
        "job-metadata": {
            "objects": [{"confidence": 0}],
            "class-map": {"0": label},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2026-11-22T12:00:00.000000",
            "job-name": "labeling-job/job",
        },
    }


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command.kit("local", "--s3-port", str(port), folder=tmp_path)
    refused(done, 3, f"Port {port} of 127.0.0.1 is taken", "S3_PORT")
    assert command.processes_of(tmp_path) == []


def test_too_few_labels_to_train(tmp_path: Path) -> None:
    picture(tmp_path / "p")
    (tmp_path / "m.manifest").write_text(json.dumps(line_with("cat")) + "\n")
    done = command.kit("local", "--images", "p", "--manifest", "m.manifest", folder=tmp_path)
    refused(done, 2, "Labelled pictures with a box to train on: 1;")
    assert not (tmp_path / "runs").exists()


def test_training_that_fails_shows_why_and_keeps_what_was_done(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    lines = []
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(folder, name)
        lines.append(json.dumps({**line_with("cat"), "source-ref": f"s3://b/{name}"}))
    (tmp_path / "m.manifest").write_text("\n".join(lines) + "\n")
    # A rate at which the loss cannot stay finite is not to be relied on; a size the detector refuses is.
    done = command.kit("local", "--images", "p", "--manifest", "m.manifest", "--image-size", "97", folder=tmp_path)
    refused(done, 4, "Training job", "image-size", "97", "training.log")
    stages = command.journal(tmp_path)["stages"]
    assert (stages["conversion"]["state"], stages["training"]["state"]) == ("finished", "failed")
    assert command.processes_of(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this fills")
def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        done = command.kit("local", "--runs", str(disk / "runs"), folder=tmp_path)
        refused(done, 3, f"The disk of {disk}/runs is full", "RUNS")
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_no_network_on_first_use(tmp_path: Path) -> None:
    """The installer, on a fresh clone whose package index does not answer."""
    shutil.copytree(SAMPLES.parents[1] / "requirements", tmp_path / "requirements")
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, tmp_path / "requirements" / "install.py", "localstack"],
        env={**kept, **nowhere},
        capture_output=True,
        text=True,
        timeout=command.PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 3
    assert "The environment localstack could not be made: the package index cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venvs" / "localstack").exists()
