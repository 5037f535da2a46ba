"""What `kit detect` is given and where it writes: refused before anything is made, kept in every format."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kit.annotations.formats import registry
from kit.commands import detect as command
from kit.detection import found, outputs
from kit.detection.found import FoundBox, FoundPicture
from kit.detection.outputs import Output, outputs_of, require_apart
from kit.detection.picture import write_picture
from kit.detection.sources import Broken, PictureSource, Shot, sources_of
from kit.errors import InputError

NOTHING = io.BytesIO()
FOUND = (
    FoundPicture("in/a.jpg", 640, 480, (FoundBox("usb-a", 0.93, 10, 20, 100, 50), FoundBox("usb-c", 0.5, 0, 0, 8, 9))),
    FoundPicture("in/b.jpg", 640, 480, ()),
    FoundPicture("film.mp4", 320, 240, (FoundBox("usb-c", 0.25, 1, 2, 3, 4),), frame=7, seconds=0.28),
)
LABELS = ("usb-a", "usb-c")


def kept(folder: Path) -> Path:
    path = folder / "kept.jsonl"
    path.write_bytes(b"".join(map(found.line_of, FOUND)))
    return path


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, np.zeros((12, 16, 3), np.uint8))
    return path


def test_a_line_says_all_there_is_to_a_picture() -> None:
    assert json.loads(found.line_of(FOUND[2])) == {
        "picture": "film.mp4",
        "width": 320,
        "height": 240,
        "detections": [{"label": "usb-c", "score": 0.25, "left": 1, "top": 2, "width": 3, "height": 4}],
        "frame": 7,
        "seconds": 0.28,
    }
    assert json.loads(found.line_of(FOUND[1])) == {
        "picture": "in/b.jpg",
        "width": 640,
        "height": 480,
        "detections": [],
    }


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("coco", "a.json"),
        ("yolo", "yolo"),
        ("voc", "voc"),
        ("ground-truth", "a.manifest"),
    ],
)
def test_every_format_is_read_back_with_the_same_boxes(tmp_path: Path, form: str, name: str) -> None:
    outputs.write(Output(tmp_path / name, form), kept(tmp_path), LABELS)
    images = tmp_path / "images"
    for file, (width, height) in {"a": (640, 480), "b": (640, 480), "film-000007": (320, 240)}.items():
        images.mkdir(exist_ok=True)
        write_picture(images / f"{file}.jpg", np.zeros((height, width, 3), np.uint8))
    data = registry.read(tmp_path / name, labels=LABELS, images=images)
    read = {
        Path(each.file_name).stem: [(box.label, box.left, box.top, box.width, box.height) for box in each.boxes]
        for each in data.pictures
    }
    expected = {"a": [("usb-a", 10, 20, 100, 50), ("usb-c", 0, 0, 8, 9)], "film-000007": [("usb-c", 1, 2, 3, 4)]}
    assert {name: boxes for name, boxes in read.items() if boxes} == {
        name: [(label, *map(pytest.approx, numbers)) for label, *numbers in boxes] for name, boxes in expected.items()
    }


def test_predictions_are_boxes_in_percent_that_nobody_has_confirmed(tmp_path: Path) -> None:
    outputs.write(Output(tmp_path / "t.json", "label-studio-predictions"), kept(tmp_path), LABELS)
    tasks: Any = json.loads((tmp_path / "t.json").read_text())
    assert [task["data"]["image"] for task in tasks] == ["in/a.jpg", "in/b.jpg", "film-000007.jpg"]
    assert all(task["annotations"] == [] for task in tasks)
    value = tasks[0]["predictions"][0]["result"][0]["value"]
    assert value["rectanglelabels"] == ["usb-a"]
    assert [value[name] for name in ("x", "y", "width", "height")] == pytest.approx([1.5625, 4.16667, 15.625, 10.41667])


def test_formats_with_a_place_for_it_keep_the_score(tmp_path: Path) -> None:
    def written(form: str) -> str:
        outputs.write(Output(tmp_path / form, form), kept(tmp_path), LABELS)
        return (tmp_path / form).read_text()

    coco: Any = json.loads(written("coco"))
    assert [each["score"] for each in coco["annotations"]] == [0.93, 0.5, 0.25]
    tasks: Any = json.loads(written("label-studio-predictions"))
    assert [each["score"] for each in tasks[0]["predictions"][0]["result"]] == [0.93, 0.5]
    line = json.loads(written("ground-truth").splitlines()[0])
    assert [each["confidence"] for each in line["bounding-box-metadata"]["objects"]] == [0.93, 0.5]
    assert line["bounding-box-metadata"]["human-annotated"] == "no"


def test_what_people_label_has_no_score(tmp_path: Path) -> None:
    """Files of a model's boxes are told from files of people's by that."""
    outputs.write(Output(tmp_path / "a.json", "coco"), kept(tmp_path), LABELS)
    data = registry.read(tmp_path / "a.json")
    registry.write(tmp_path / "b.json", data, registry.Format.COCO)
    assert "score" not in (tmp_path / "b.json").read_text()


def test_the_name_says_the_format_where_it_can() -> None:
    names = ("drawn", "a.jsonl", "a.json", "a.manifest")
    forms = [output.form for output in outputs_of([Path(name) for name in names], (), overwrite=True)]
    assert forms == ["drawings", "json-lines", "coco", "ground-truth"]


@pytest.mark.parametrize(
    ("names", "forms", "said"),
    [
        (["a.txt"], [], "a.txt: the name does not say which format to write; name it: --as drawings"),
        (["a.json", "b"], ["coco"], "--as is given 1 times and --out 2 times"),
        (["there.json"], [], "there.json: is there already"),
        (["missing/a.json"], [], "there is no folder missing"),
        (["there.json"], ["drawings"], "is a file; drawings go into a folder"),
        (["yolo"], ["yolo"], r"data.yaml: is there already"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], forms: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.json").touch()
    Path("yolo").mkdir()
    Path("yolo/data.yaml").touch()
    with pytest.raises(InputError, match=said):
        outputs_of([Path(name) for name in names], forms, overwrite=False)


def test_replacing_takes_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.json").touch()
    assert outputs_of([tmp_path / "a.json"], (), overwrite=True) == (Output(tmp_path / "a.json", "coco"),)


def test_the_command_offers_what_can_be_written() -> None:
    assert command.FORMS == outputs.FORMS


def test_folders_patterns_and_files_are_each_file_once_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("in/b.jpg", "in/a.png", "in/sub/c.jpg", "other.jpg"):
        picture(tmp_path / name)
    (tmp_path / "in" / "notes.txt").touch()
    sources = sources_of(["other.jpg", "in", "in/**/*.jpg"], NOTHING)
    assert [source.shown for source in sources if isinstance(source, PictureSource)] == [
        "other.jpg",
        "in/a.png",
        "in/b.jpg",
        "in/sub/c.jpg",
    ]
    assert [source.name for source in sources] == ["other.jpg", "in__a.png", "in__b.jpg", "in__sub__c.jpg"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("none.jpg", "none.jpg: there is no such file"),
        ("*.none", r"\*.none: no file is called so"),
        ("empty", "empty: holds no pictures"),
        ("film.mp4", "film.mp4: cannot be decoded as a video"),
    ],
)
def test_sources_that_lead_nowhere_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("film.mp4").write_text("no film")
    with pytest.raises(InputError, match=said):
        sources_of([given], NOTHING)


def test_a_broken_picture_is_told_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_text("no picture")
    picture(tmp_path / "good.jpg")
    shots = [shot for source in sources_of([str(tmp_path)], NOTHING) for shot in source.shots()]
    assert isinstance(shots[0], Broken)
    assert shots[0].picture.endswith("broken.jpg")
    assert shots[0].reason == "not a picture of a kind that is taken, or damaged"
    assert isinstance(shots[1], Shot)
    assert shots[1].body == (tmp_path / "good.jpg").read_bytes()


def test_a_pipe_may_bring_pictures_or_one_file_of_another_kind(tmp_path: Path) -> None:
    jpeg, png = picture(tmp_path / "a.jpg").read_bytes(), picture(tmp_path / "b.png").read_bytes()

    def names(content: bytes) -> list[str]:
        return [shot.picture for source in sources_of(["-"], io.BytesIO(content)) for shot in source.shots()]

    assert names(jpeg + png) == ["stdin-000000.jpg", "stdin-000001.jpg"]
    assert names(b"BM nothing") == ["stdin"]
    assert names(b"") == ["stdin"]


def test_drawings_do_not_take_the_place_of_the_pictures(tmp_path: Path) -> None:
    sources = sources_of([str(picture(tmp_path / "in" / "a.jpg"))], NOTHING)
    with pytest.raises(InputError, match="the drawings would overwrite the pictures"):
        require_apart([Output(tmp_path / "in", "drawings")], sources)
    require_apart([Output(tmp_path / "out", "drawings")], sources)


@pytest.mark.parametrize(("form", "refused"), [("coco", True), ("yolo", True), ("ground-truth", False)])
def test_two_pictures_of_one_name_are_refused_where_the_name_is_all_there_is(
    tmp_path: Path, form: str, refused: bool
) -> None:
    for name in ("x/a.jpg", "y/a.jpg"):
        picture(tmp_path / name)
    sources = sources_of([str(tmp_path)], NOTHING)
    if refused:
        with pytest.raises(InputError, match="would be one picture in this format; rename one"):
            require_apart([Output(tmp_path / "o", form)], sources)
    else:
        require_apart([Output(tmp_path / "o", form)], sources)
