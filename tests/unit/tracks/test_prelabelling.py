"""PRELABEL before anything is made: which run or file it means, and what of the boxes there is proposed."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.console import Console
from kit.errors import InputError
from kit.run import picture_set
from kit.run.folder import RunFolder
from kit.run.picture_set import PictureSet
from kit.settings import CloudSettings
from kit.tracks import prelabelling
from tests.unit.runs import begun, finished

CLASSES = ("cat", "dog")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        cv2.imwrite(str(folder / name), np.zeros((80, 100, 3), np.uint8))
    return folder


def with_model(folder: Path, name: str, *labels: str, file: str = "detector.onnx") -> RunFolder:
    """A finished run whose model.tar.gz looks like one of the kit's own, with nothing in it that could run."""
    run = finished(folder, name)
    run.results.mkdir()
    content = folder / f"model of {name}"
    content.mkdir()
    for each in (file, "classifier.onnx"):
        (content / each).write_bytes(b"")
    (content / "model.json").write_text(json.dumps({"labels": labels}))
    with tarfile.open(run.model_artifact, "w:gz") as archive:
        for part in sorted(content.iterdir()):
            archive.add(part, part.name)
    return run


def settings(images: Path, prelabel: object, **others: object) -> CloudSettings:
    chosen = {"images": images, "labels": CLASSES, "runs": images.parent / "runs", "labeler": "ground-truth"}
    return CloudSettings(prelabel=str(prelabel), **{**chosen, **others})  # type: ignore[arg-type]


def picture(name: str, *boxes: BoundingBox, size: tuple[int, int] = (100, 80)) -> AnnotatedPicture:
    return AnnotatedPicture(name, *size, boxes)


def written(folder: Path, *pictures: AnnotatedPicture, classes: tuple[str, ...] = CLASSES) -> Path:
    coco.write(folder / "boxes.json", AnnotationStream(classes, iter(pictures)))
    return folder / "boxes.json"


def proposed(chosen: CloudSettings, run: RunFolder) -> dict[str, list[tuple[str, float, float, float, float]]]:
    """What the workers of a run begin from, by picture, in the order in which they are asked."""
    console = Console()
    collected: PictureSet = picture_set.collect(chosen, console)
    prelabels = prelabelling.look(chosen, collected, console)
    assert prelabels is not None
    run.path.mkdir(parents=True)
    result = prelabels.write(run, collected.labels, console)
    found = {
        each.file_name: [(box.label, box.left, box.top, box.right, box.bottom) for box in each.boxes]
        for each in ground_truth.read(run.proposals, labels=CLASSES).pictures
    }
    assert (result.pictures, result.boxes) == (len(found), sum(map(len, found.values())))
    assert prelabels.pictures == len(found)
    return found


def test_boxes_come_in_whole_pixels_inside_the_picture_and_the_rest_has_none(tmp_path: Path, images: Path) -> None:
    file = written(
        tmp_path,
        picture("b.jpg", BoundingBox("dog", 10.4, -3.2, 20.6, 30.5), BoundingBox("cat", 99.2, 79.3, 99.4, 79.4)),
        picture("a.jpg"),
    )
    assert proposed(settings(images, file), RunFolder(tmp_path / "runs" / "r")) == {
        "b.jpg": [("dog", 10, 0, 21, 30), ("cat", 99, 79, 100, 80)],
        "a.jpg": [],
        "c.jpg": [],
    }


def test_with_labels_that_hold_only_the_files_pictures_and_those_without_a_label_are_asked_about(
    tmp_path: Path, images: Path
) -> None:
    box = BoundingBox("cat", 10, 10, 50, 50)
    labels = tmp_path / "labels.json"
    coco.write(labels, AnnotationStream(CLASSES, iter([picture("a.jpg", box), picture("b.jpg", box)])))
    file = written(tmp_path, picture("b.jpg", BoundingBox("dog", 1, 2, 3, 4)))
    chosen = settings(images, file, annotations=labels)
    assert proposed(chosen, RunFolder(tmp_path / "runs" / "r")) == {"b.jpg": [("dog", 1, 2, 3, 4)], "c.jpg": []}


def test_boxes_at_another_size_are_not_proposed_and_that_is_said(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = BoundingBox("cat", 10, 10, 50, 50)
    file = written(tmp_path, picture("a.jpg", box, size=(80, 100)), picture("b.jpg", box))
    assert proposed(settings(images, file), RunFolder(tmp_path / "runs" / "r"))["a.jpg"] == []
    assert "PRELABEL: a.jpg" in capsys.readouterr().out


def refusal(chosen: CloudSettings) -> str:
    console = Console()
    with pytest.raises(InputError) as caught:
        prelabelling.look(prelabelling.named(chosen), picture_set.collect(chosen, console), console)
    return str(caught.value)


def test_a_run_whose_model_cannot_propose_is_refused_with_what_can_be_done(tmp_path: Path, images: Path) -> None:
    with_model(tmp_path, "jumpstarts", "cat", file="model.params")
    said = refusal(settings(images, "jumpstarts"))
    assert "is not a model of the kit's own detector" in said
    assert f"PRELABEL={tmp_path / 'runs' / 'jumpstarts' / 'results' / 'output.manifest'}" in said
    finished(tmp_path, "removed")
    assert "The model of removed is not in" in refusal(settings(images, "removed"))
    assert "did you mean removed?" in refusal(settings(images, "remved"))


def test_a_model_that_has_nothing_to_propose_is_refused(tmp_path: Path, images: Path) -> None:
    with_model(tmp_path, "plugs", "usb-a")
    assert "knows usb-a, and none of cat, dog" in refusal(settings(images, "plugs"))
    box = BoundingBox("cat", 10, 10, 50, 50)
    labels = written(tmp_path, *(picture(name, box) for name in ("a.jpg", "b.jpg", "c.jpg")))
    with_model(tmp_path, "cats", "usb-a")
    # What a run's classes are stands in its journal.
    chosen = settings(images, "cats", annotations=labels, labels=("cat", "usb-a"))
    assert "ANNOTATIONS has all" in refusal(chosen)


def test_the_latest_is_the_newest_finished_run_with_a_model(tmp_path: Path, images: Path) -> None:
    """Not the run itself, which is `runs/latest` as soon as it has begun: the same command goes on with it."""
    with_model(tmp_path, "first", "cat")
    finished(tmp_path, "second")
    begun(tmp_path, "third")
    assert prelabelling.named(settings(images, "latest")).prelabel == "first"


def test_a_run_and_a_file_are_the_same_from_every_folder(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, "first")
    begun(tmp_path / "elsewhere", "second")
    monkeypatch.chdir(tmp_path)
    assert prelabelling.named(settings(images, "runs/first")).prelabel == "first"
    elsewhere = "elsewhere/runs/second"
    assert prelabelling.named(settings(images, elsewhere)).prelabel == str(tmp_path / elsewhere)
    assert prelabelling.named(settings(images, "boxes.json")).prelabel == str(tmp_path / "boxes.json")
    assert prelabelling.named(settings(images, "no-such-run")).prelabel == "no-such-run"
