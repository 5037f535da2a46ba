"""`kit detect` with the model of a whole `make local`: a folder, a film, a pattern, a pipe; every output read back."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from label_studio_sdk.label_interface import LabelInterface
from pycocotools.coco import COCO

from kit.annotations.formats import registry
from kit.detection.films import Film
from kit.local_cloud import environments
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command
from tests.serving_endpoint import copy_of, served

HELD_OUT = SAMPLES / "held_out"
BROKEN = ("broken-1.jpg", "sub/broken-2.png")
LABELS = ("usb-a", "usb-c", "lightning")
# What Label Studio is set up with for the workshop.
LABELLING = """<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">
<Label value="usb-a"/><Label value="usb-c"/><Label value="lightning"/></RectangleLabels></View>"""


def detect(rehearsal: Path, folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return command.kit("detect", *arguments, folder=folder, **{"runs": str(rehearsal / "runs"), **settings})


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder_of_65(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working folder in which 65 pictures, two of them broken, were looked at and everything was written."""
    folder = tmp_path_factory.mktemp("detect")
    photos = folder / "photos"
    (photos / "sub").mkdir(parents=True)
    for number, path in enumerate(sorted(HELD_OUT.glob("*.jpg"))[:63]):
        shutil.copy(path, photos / ("sub" if number % 2 else "") / path.name)
    (photos / BROKEN[0]).write_bytes(next(HELD_OUT.glob("*.jpg")).read_bytes()[:2000])
    (photos / BROKEN[1]).write_text("no picture")
    outputs = {
        "drawn": "drawings",
        "found.jsonl": "json-lines",
        "coco.json": "coco",
        "yolo": "yolo",
        "tasks.json": "label-studio-predictions",
        "found.manifest": "ground-truth",
    }
    asked = [word for path, form in outputs.items() for word in ("--out", path, "--as", form)]
    done = detect(rehearsal, folder, "photos", *asked)
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    assert done.returncode == 1, done.stdout + done.stderr
    return folder


def test_broken_pictures_are_named_and_the_rest_is_done(folder_of_65: Path) -> None:
    said = (folder_of_65 / "said.txt").read_text()
    for name in BROKEN:
        assert f"passed over: photos/{name}: " in said
    assert "Pictures: 63; passed over: 2; found: " in said
    assert "pictures a second" in said
    assert len(lines(folder_of_65 / "found.jsonl")) == 63
    assert command.processes_of(folder_of_65) == []


def test_every_picture_is_drawn_in_its_size_under_a_name_of_its_own(folder_of_65: Path) -> None:
    drawn = {path.name: path for path in (folder_of_65 / "drawn").iterdir()}
    assert len(drawn) == 63
    for line in lines(folder_of_65 / "found.jsonl"):
        name = line["picture"].removeprefix("photos/").replace("/", "__")
        plain = cv2.imread(str(folder_of_65 / line["picture"]))
        picture = cv2.imread(str(drawn[name]))
        assert picture.shape == plain.shape
        assert bool((picture != plain).any()) or not line["detections"]


def test_the_boxes_are_those_that_the_run_was_told_by_its_endpoint(rehearsal: Path, folder_of_65: Path) -> None:
    run = command.latest(rehearsal)
    threshold = command.journal(rehearsal)["stages"]["detection"]["result"]["threshold"]
    answers = {each["picture"]: each["answer"] for each in lines(run / "results" / "detections.jsonl")}
    for line in lines(folder_of_65 / "found.jsonl"):
        answer = answers[Path(line["picture"]).name]
        rows = zip(answer["classes"], answer["scores"], answer["normalized_boxes"], strict=True)
        told = [row for row in rows if row[1] >= threshold]
        assert [each["label"] for each in line["detections"]] == [LABELS[int(number)] for number, _, _ in told]
        for each, (_number, score, box) in zip(line["detections"], told, strict=True):
            assert each["score"] == pytest.approx(score, abs=1e-4)
            edges = (each["left"], each["top"], each["left"] + each["width"], each["top"] + each["height"])
            expected = [edge * side for edge, side in zip(box, (640, 480) * 2, strict=True)]
            assert edges == pytest.approx(expected, abs=0.1)


def test_pycocotools_scores_what_was_written_as_coco(folder_of_65: Path) -> None:
    found = COCO(folder_of_65 / "coco.json")
    kept = [each for line in lines(folder_of_65 / "found.jsonl") for each in line["detections"]]
    assert len(found.imgs) == 63
    assert len(found.anns) == len(kept) > 60
    assert {category["name"] for category in found.cats.values()} == {"usb-a", "usb-c", "lightning"}
    results = found.loadRes([found.anns[key] for key in found.anns])
    assert sorted(each["score"] for each in results.anns.values()) == sorted(each["score"] for each in kept)


def test_the_kit_reads_coco_yolo_and_manifest_alike(folder_of_65: Path) -> None:
    def boxes(name: str) -> int:
        data = registry.read(folder_of_65 / name, images=HELD_OUT)
        return sum(len(picture.boxes) for picture in data.pictures)

    kept = sum(len(line["detections"]) for line in lines(folder_of_65 / "found.jsonl"))
    assert [boxes(name) for name in ("coco.json", "yolo", "found.manifest")] == [kept, kept, kept]
    done = command.kit("check", "found.manifest", "--images", "photos", folder=folder_of_65)
    assert "fit to train on" in done.stdout


def test_supervision_reads_coco_and_yolo_alike(folder_of_65: Path) -> None:
    # Here, as all workers collect all tests: it takes a second.
    from supervision import DetectionDataset

    yolo = folder_of_65 / "yolo"
    read = [
        DetectionDataset.from_coco(str(HELD_OUT), str(folder_of_65 / "coco.json")),
        DetectionDataset.from_yolo(str(HELD_OUT), str(yolo / "labels"), str(yolo / "data.yaml")),
    ]
    found = [{Path(path).name: len(boxes) for path, boxes in data.annotations.items() if len(boxes)} for data in read]
    kept = {Path(line["picture"]).name: len(line["detections"]) for line in lines(folder_of_65 / "found.jsonl")}
    assert found == [{name: count for name, count in kept.items() if count}] * 2
    assert all(data.classes == list(LABELS) for data in read)


def test_label_studios_own_sdk_takes_the_predictions(folder_of_65: Path) -> None:
    interface = LabelInterface(LABELLING)
    tasks = json.loads((folder_of_65 / "tasks.json").read_text())
    predictions = [prediction for task in tasks for prediction in task["predictions"]]
    assert len(tasks) == 63
    assert len(predictions) > 30
    assert all(interface.validate_prediction(prediction) for prediction in predictions)


def test_a_film_comes_back_as_a_film(rehearsal: Path, tmp_path: Path) -> None:
    pictures = [cv2.imread(str(path)) for path in sorted(HELD_OUT.glob("*.jpg"))[:5]]
    writer = cv2.VideoWriter(str(tmp_path / "desk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 4.0, (640, 480))
    for number in range(40):  # ten seconds
        writer.write(pictures[number // 8])
    writer.release()
    done = detect(rehearsal, tmp_path, "desk.avi", "--out", "drawn", "--out", "found.jsonl", "--out", "coco.json")
    assert done.returncode == 0, done.stdout + done.stderr
    film = Film(tmp_path / "drawn" / "desk.mp4")
    frames = [frame.pixels for frame in film]
    assert (film.rate, len(frames), frames[0].shape) == (4.0, 40, (480, 640, 3))
    found = lines(tmp_path / "found.jsonl")
    assert [(line["frame"], line["seconds"]) for line in found] == [(number, number / 4) for number in range(40)]
    assert sum(len(line["detections"]) for line in found) > 20
    assert COCO(tmp_path / "coco.json").imgs[8]["file_name"] == "desk-000007.jpg"
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["desk.mp4"]


def test_a_pattern_as_json_for_scripts(rehearsal: Path, tmp_path: Path) -> None:
    for name in ("plugs-036.jpg", "plugs-037.jpg", "plugs-040.jpg"):
        shutil.copy(HELD_OUT / name, tmp_path / name)
    (tmp_path / "plugs-038.jpg").write_text("no picture")
    done = detect(rehearsal, tmp_path, "plugs-03*.jpg", "--json", threshold="0.9")
    *pictures, broken, summary = map(json.loads, done.stdout.splitlines())
    assert [each["picture"] for each in pictures] == ["plugs-036.jpg", "plugs-037.jpg"]
    assert all(one["score"] >= 0.9 for each in pictures for one in each["detections"])
    assert (broken["picture"], "error" in broken) == ("plugs-038.jpg", True)
    assert (summary["pictures"], summary["threshold"], len(summary["broken"])) == (2, 0.9, 1)
    assert done.returncode == 1


def test_a_pipe_of_pictures_by_a_model_of_its_own(rehearsal: Path, tmp_path: Path) -> None:
    shutil.copy(command.latest(rehearsal) / "results" / "model.tar.gz", tmp_path / "model.tar.gz")
    stream = b"".join((HELD_OUT / name).read_bytes() for name in ("plugs-036.jpg", "plugs-037.jpg"))
    done = subprocess.run(
        [command.KIT, "detect", "-", "--model", "model.tar.gz", "--json"],
        cwd=tmp_path,
        env=command.environment(tmp_path, {}),
        input=stream,
        capture_output=True,
        check=True,
    )
    *pictures, summary = map(json.loads, done.stdout.splitlines())
    assert [each["picture"] for each in pictures] == ["stdin-000000.jpg", "stdin-000001.jpg"]
    # There is no run to say it.
    assert summary["threshold"] == 0.4
    assert set(summary["detections"]) == {"usb-a", "usb-c", "lightning"}


def test_a_live_endpoint_of_this_machine_by_its_name(rehearsal: Path, tmp_path: Path) -> None:
    with served(copy_of(rehearsal, tmp_path / "here")) as endpoint:
        asked = ("detect", str(HELD_OUT / "plugs-036.jpg"), "--endpoint", endpoint.name, "--json")
        done = command.kit(*asked, "--endpoint-url", endpoint.url, folder=endpoint.folder)
        assert done.returncode == 0, done.stderr
        picture, summary = map(json.loads, done.stdout.splitlines())
        # Its run is known, and with it the threshold.
        assert summary["threshold"] == command.journal(rehearsal)["stages"]["detection"]["result"]["threshold"]
        assert {each["label"] for each in picture["detections"]} <= set(LABELS)
        gone = command.kit(*asked[:3], "nobodys", "--endpoint-url", endpoint.url, folder=endpoint.folder)
        assert gone.returncode == 4
        assert "endpoint nobodys: there is none in service of that name" in gone.stderr


def test_after_ctrl_c_what_was_found_is_there_and_nothing_goes_on(rehearsal: Path, tmp_path: Path) -> None:
    started = command.start(
        "detect", str(HELD_OUT), "--json", "--out", "found.jsonl", folder=tmp_path, runs=str(rehearsal / "runs")
    )
    command.wait_for("the second picture", lambda: (tmp_path / "output.txt").read_text().count('"picture"') >= 2)
    started.send_signal(signal.SIGINT)
    assert started.wait(command.PATIENCE_SECONDS) == 130
    found = lines(tmp_path / "found.jsonl")
    assert 2 <= len(found) < 65
    assert "Stopped; what was found until then is there." in (tmp_path / "output.txt").read_text()
    assert command.processes_of(tmp_path) == []


def test_an_exported_model_finds_the_same_without_the_kit(rehearsal: Path, tmp_path: Path) -> None:
    done = command.kit("export", "latest", "model", folder=tmp_path, runs=str(rehearsal / "runs"))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "model"
    # On its own: none of this repository's modules, nothing of the shell's environment.
    example = subprocess.run(
        [environments.DETECTOR / "bin" / "python", "-I", "detect.py", "--threshold", "0.01", *pictures(5)],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    run = command.latest(rehearsal)
    answers = {each["picture"]: each["answer"] for each in lines(run / "results" / "detections.jsonl")}
    for line in map(json.loads, example.stdout.splitlines()):
        answer = answers[Path(line["picture"]).name]
        assert len(line["detections"]) == len(answer["scores"]) > 0
        for each, number, score, box in zip(
            line["detections"], answer["classes"], answer["scores"], answer["normalized_boxes"], strict=True
        ):
            assert each["label"] == LABELS[int(number)]
            assert each["score"] == pytest.approx(score, abs=1e-4)
            expected = [edge * side for edge, side in zip(box, (640, 480) * 2, strict=True)]
            assert each["box"] == pytest.approx(expected, abs=0.1)


def pictures(count: int) -> list[str]:
    return [str(path) for path in sorted(HELD_OUT.glob("*.jpg"))[:count]]


def test_an_exported_model_says_what_it_is(rehearsal: Path, tmp_path: Path) -> None:
    done = command.kit("export", "latest", "model", folder=tmp_path, runs=str(rehearsal / "runs"))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "model"
    assert (folder / "labels.txt").read_text().splitlines() == list(LABELS)
    card = (folder / "MODEL_CARD.md").read_text()
    assert f"mAP@0.5 {command.summary(rehearsal)['map50']:.3f}" in card
    assert all(f"| {label} |" in card for label in LABELS)
    assert "kit export" not in card
    assert "## Its limits" in card
    assert "Apache License" in (folder / "LICENSE").read_text()
    again = command.kit("export", "latest", "model", folder=tmp_path, runs=str(rehearsal / "runs"))
    assert again.returncode == 2
    assert "is there already" in again.stderr
    forced = command.kit("export", "latest", "model", "--force", folder=tmp_path, runs=str(rehearsal / "runs"))
    assert forced.returncode == 0
