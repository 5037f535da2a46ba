"""A run on a folder of every kind of picture, two of them broken, with labels that exist."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import pytest
from msgspec import structs
from PIL import Image

from kit.annotations.formats import coco
from kit.annotations.model import AnnotatedPicture
from kit.repository import ROOT
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command

HEIC = Path(__file__).parents[1] / "pictures" / "plugs-002.heic"
CLASSES = {"usb-a": 0, "usb-c": 1, "lightning": 2}
BROKEN = "phone/plugs-019.jpg", "plugs-020.png"


def written(image: Image.Image, format_: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format_, **options)
    return target.getvalue()


def turned(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return written(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


AS: dict[str, Callable[[Image.Image], bytes]] = {
    ".webp": lambda image: written(image, "WEBP"),
    ".avif": lambda image: written(image, "AVIF"),
    ".png": lambda image: written(image.convert("RGBA"), "PNG"),
    ".bmp": lambda image: written(image, "BMP"),
    ".tif": lambda image: written(image, "TIFF"),
    ".gif": lambda image: written(image, "GIF"),
    ".mpo": lambda image: written(image, "MPO", save_all=True, append_images=[image]),
    "-cmyk.jpg": lambda image: written(image.convert("CMYK"), "JPEG"),
    "-turned.jpg": turned,
    "-cut.jpg": lambda image: written(image, "JPEG")[:-7],
}


@pytest.fixture(scope="module", params=["a manifest", "a YOLO folder"])
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `pictures/` of 20 in subfolders, labels, `drawn.json` with their boxes, and a finished run."""
    folder = tmp_path_factory.mktemp("people")
    labelled = {picture.file_name: picture for picture in coco.read(SAMPLES / "train.coco.json").pictures}
    files: dict[str, tuple[bytes, AnnotatedPicture]] = {}
    kinds = list(AS)
    for number in range(1, 21):
        truth, original = labelled[f"plugs-{number:03}.jpg"], SAMPLES / "train" / f"plugs-{number:03}.jpg"
        with Image.open(original) as image:
            if f"plugs-{number:03}" == HEIC.stem:
                files[f"phone/{HEIC.name}"] = HEIC.read_bytes(), truth
            elif number <= 2 + len(kinds):
                kind = kinds[number - 3] if number > 2 else "-plain.jpg"
                content = original.read_bytes() if number < 2 else AS[kind](image)
                # The same name in every folder.
                files[f"{number}/cup{kind}"] = content, truth
            elif number < 19:
                files[f"コップ/plugs {number}.jpg"] = original.read_bytes(), truth
            else:
                content = original.read_bytes() if number == 19 else written(image, "PNG")
                files[BROKEN[number - 19]] = content[: len(content) // 2], truth
    for name, (content, _truth) in files.items():
        path = folder / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "pictures" / ".DS_Store").write_bytes(b"hidden")
    labels = {name: truth for name, (_content, truth) in files.items()}
    drawn = {name: [(box.left, box.top, box.width, box.height) for box in each.boxes] for name, each in labels.items()}
    (folder / "drawn.json").write_text(json.dumps(drawn))
    if request.param == "a manifest":
        lines = [line_of(structs.replace(each, source=f"s3://elsewhere/data/{name}")) for name, each in labels.items()]
        given = folder / "labels.manifest"
        given.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    else:
        given = yolo_folder(folder / "yolo", labels)
    settings = {"IMAGES": folder / "pictures", "MANIFEST": given, "RUNS": folder / "runs"}
    small = ["RUNTIME=process", "EPOCHS=1", "IMAGE_SIZE=160"]
    done = subprocess.run(
        ["make", "local", *(f"{name}={value}" for name, value in settings.items()), *small],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("KIT_")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * command.PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout)
    return folder


def yolo_folder(root: Path, labels: Mapping[str, AnnotatedPicture]) -> Path:
    """As people have it beside the folder of their pictures: data.yaml, and labels/ with folders like those."""
    root.mkdir()
    (root / "data.yaml").write_text(f"names: {list(CLASSES)}\n")
    for name, truth in labels.items():
        path = root / "labels" / Path(name).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = []
        for box in truth.boxes:
            x, y = (box.left + box.right) / 2 / truth.width, (box.top + box.bottom) / 2 / truth.height
            lines.append(f"{CLASSES[box.label]} {x} {y} {box.width / truth.width} {box.height / truth.height}\n")
        path.write_text("".join(lines))
    return root


def line_of(picture: AnnotatedPicture) -> dict[str, Any]:
    """A Ground Truth line without `image_size`, as other programs write it."""
    names = sorted({box.label for box in picture.boxes})
    return {
        "source-ref": picture.source,
        "job": {
            "annotations": [
                {
                    "class_id": CLASSES[box.label],
                    "left": box.left,
                    "top": box.top,
                    "width": box.width,
                    "height": box.height,
                }
                for box in picture.boxes
            ]
        },
        "job-metadata": {
            "class-map": {str(CLASSES[name]): name for name in names},
            "type": "groundtruth/object-detection",
            "creation-date": "2026-11-22T12:00:00",
        },
    }


def test_the_two_broken_ones_are_named_on_the_terminal_in_summary_and_report(people: Path) -> None:
    output, summary = (people / "output.txt").read_text(), command.summary(people)
    assert "Left out, for they cannot be used: 2 of 20 pictures." in output
    assert summary["images"] == 18
    assert [each["picture"] for each in summary["left_out"]] == list(BROKEN)
    assert all("is cut off" in each["text"] and each["boxes"] for each in summary["left_out"])
    report = (command.latest(people) / "report.html").read_text()
    for name in BROKEN:
        assert f"{name}: the picture is cut off" in output
        assert f"{name}: the picture is cut off" in report


def test_one_that_lacks_its_last_bytes_is_taken_and_told_of(people: Path) -> None:
    (remark,) = command.summary(people)["remarks"]
    assert remark["picture"].endswith("cup-cut.jpg")
    assert "the end of the file is missing" in remark["text"]


def test_every_label_of_the_others_is_trained_or_scored_on(people: Path) -> None:
    truth = {picture.file_name: picture for picture in coco.read(SAMPLES / "train.coco.json").pictures}
    usable = [truth[f"plugs-{number:03}.jpg"] for number in range(1, 19)]
    summary = command.summary(people)
    assert summary["boxes"] == sum(len(picture.boxes) for picture in usable)
    assert summary["train_images"] + summary["held_out_images"] == sum(1 for picture in usable if picture.boxes)
    assert summary["left_behind"] == []


def test_boxes_are_where_they_were_drawn(people: Path) -> None:
    drawn = {name.replace("/", "__"): boxes for name, boxes in json.loads((people / "drawn.json").read_text()).items()}
    results = command.latest(people) / "results"
    found = [*coco.read(results / "training.coco.json").pictures, *coco.read(results / "held_out.coco.json").pictures]
    assert len(found) == 17
    for picture in found:
        (name,) = (name for name in drawn if picture.file_name in (name, f"{name}.jpg", f"{name}.png"))
        assert (picture.width, picture.height) == (640, 480)
        found_boxes = [(box.left, box.top, box.width, box.height) for box in picture.boxes]
        for mine, theirs in zip(found_boxes, drawn[name], strict=True):
            assert mine == pytest.approx(theirs, abs=1e-6)


def test_each_held_out_picture_has_a_drawing_of_its_own(people: Path) -> None:
    drawings = list((command.latest(people) / "detections").iterdir())
    assert len(drawings) == command.summary(people)["held_out_images"] > 0
    assert all(cv2.imread(str(path)).shape == (480, 640, 3) for path in drawings)
