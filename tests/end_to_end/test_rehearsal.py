"""The whole workshop with its default settings, as `make local` runs it."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import cv2

from kit.annotations.formats import coco, ground_truth, jumpstart
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command


def test_the_summary_says_what_the_workshop_promises(rehearsal: Path) -> None:
    summary = command.summary(rehearsal)
    assert (summary["track"], summary["runtime"]) == ("local", "process")
    assert (summary["images"], summary["labelled"], summary["train_images"]) == (35, 35, _with_boxes())
    assert summary["boxes"] >= 75
    assert summary["epochs"] == 30
    assert 0 < summary["map"] <= summary["map50"]
    assert summary["endpoint_p50_ms"] > 0
    assert summary["train_seconds"] > 0
    assert set(summary["stage_seconds"]) == set(command.journal(rehearsal)["stages"])
    assert summary["left_behind"] == []


def test_the_boxes_are_right_on_most_held_out_pictures(rehearsal: Path) -> None:
    assert command.summary(rehearsal)["map50"] >= 0.70


def _with_boxes() -> int:
    return sum(1 for picture in coco.read(SAMPLES / "train.coco.json").pictures if picture.boxes)


def test_every_held_out_picture_is_drawn(rehearsal: Path) -> None:
    drawings = {path.stem: path for path in (command.latest(rehearsal) / "detections").iterdir()}
    originals = {path.stem: path for path in (SAMPLES / "held_out").glob("*.jpg")}
    assert drawings.keys() == originals.keys()
    for name, path in drawings.items():
        assert cv2.imread(str(path)).shape == cv2.imread(str(originals[name])).shape


def test_labels_and_data_set_are_brought_home(rehearsal: Path) -> None:
    results = command.latest(rehearsal) / "results"
    pictures = list(ground_truth.read(results / "output.manifest").pictures)
    assert len(pictures) == 35
    assert all(picture.source.startswith("s3://jumpstart-finetune-handson-") for picture in pictures)
    assert all("/bounding_box/images/" in picture.source for picture in pictures)
    trained = list(jumpstart.read(results / "annotations.json").pictures)
    assert {picture.file_name for picture in trained} == {p.file_name for p in pictures if p.boxes}


def test_the_model_artifact_is_one_that_serves_elsewhere(rehearsal: Path) -> None:
    with tarfile.open(command.latest(rehearsal) / "results" / "model.tar.gz") as archive:
        assert {"detector.onnx", "classifier.onnx", "model.json"} <= {
            member.name.removeprefix("./") for member in archive
        }


def test_the_training_log_carries_jumpstarts_metric(rehearsal: Path) -> None:
    log = (command.latest(rehearsal) / "results" / "training.log").read_text()
    losses = [float(value) for value in re.findall(r"Val_CrossEntropy=([0-9.]+)", log)]
    assert len(losses) == 30
    assert losses[-1] < losses[0]


def test_the_report_is_one_file_that_asks_the_network_for_nothing(rehearsal: Path) -> None:
    page = (command.latest(rehearsal) / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 35 + 65
    assert page.count("<script>") == 1
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page) == []


def test_nothing_goes_on_and_nothing_lies_about(rehearsal: Path) -> None:
    assert command.processes_of(rehearsal) == []
    ledger = command.journal(rehearsal)["resources"]
    assert {resource["kind"] for resource in ledger} >= {"bucket", "model", "endpoint-config", "endpoint"}
    assert all(resource["deleted"] for resource in ledger)
    assert list((rehearsal / "runs").rglob("*.partial")) + list((rehearsal / "runs").rglob(".lock")) == []


def test_off_a_terminal_progress_is_plain_lines(rehearsal: Path) -> None:
    output = (rehearsal / "output.txt").read_text()
    assert "\x1b" not in output
    assert re.search(r"epochs: 30 of 30 +Val_CrossEntropy [0-9.]+", output)


def test_labels_that_exist_are_trained_on_with_own_pictures(rehearsal: Path, tmp_path: Path) -> None:
    manifest = command.latest(rehearsal) / "results" / "output.manifest"
    done = command.kit(
        "local", folder=tmp_path, images=str(SAMPLES / "train"), manifest=str(manifest), epochs="1", image_size="160"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = command.summary(tmp_path)
    assert (summary["images"], summary["labelled"]) == (35, 35)
    assert summary["labels"] == ["usb-a", "usb-c", "lightning"]
    assert summary["held_out_images"] == round(0.2 * _with_boxes())
    assert summary["train_images"] + summary["held_out_images"] == _with_boxes()
    assert summary["map50"] is not None
