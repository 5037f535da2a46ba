"""YOLO's folders as ultralytics, Roboflow, darknet and Label Studio lay them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.annotations.convert import convert
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import LabelState
from kit.errors import InputError
from tests.unit.annotations.formats.test_ground_truth import manifest, record
from tests.unit.annotations.pictures import picture_file
from tests.unit.annotations.test_cases import edges, told


def data_set(root: Path, label_file: str, picture: str, lines: str, yaml: str = "names: [cat, dog]\n") -> Path:
    """A folder with one label file and its picture of 100x80."""
    (root / label_file).parent.mkdir(parents=True, exist_ok=True)
    (root / label_file).write_text(lines)
    picture_file(root / picture, 100, 80)
    if yaml:
        (root / "data.yaml").write_text(yaml)
    return root


BOX = "1 0.5 0.5 0.2 0.25\n"


@pytest.mark.parametrize(
    ("label_file", "picture"),
    [
        ("labels/train/a.txt", "images/train/a.jpg"),  # ultralytics
        ("train/labels/a.txt", "train/images/a.jpg"),  # Roboflow
        ("obj_train_data/a.txt", "obj_train_data/a.jpg"),  # darknet, CVAT
        ("labels/a.txt", "images/a.PNG"),  # Label Studio
        ("a.txt", "a.png"),
    ],
)
def test_layouts(tmp_path: Path, label_file: str, picture: str) -> None:
    root = data_set(tmp_path / "set", label_file, picture, BOX)
    for given in (root, root / "data.yaml"):
        assert formats.recognise(given) is Format.YOLO
        stream = formats.read(given)
        assert stream.labels == ("cat", "dog")
        (found,) = stream.pictures
        assert (found.source, found.width, found.height) == (picture, 100, 80)
        assert edges(found) == [("dog", 40, 30, 60, 50)]


@pytest.mark.parametrize(
    ("file", "content", "labels"),
    [
        ("data.yaml", "path: ../datasets/x\nnc: 2\nnames:\n  0: cat\n  1: 日本\n", ("cat", "日本")),
        ("data.yaml", "names: {1: dog, 0: cat}", ("cat", "dog")),
        ("data.yaml", "names: {2: dog}", ("class 0", "class 1", "dog")),
        ("classes.txt", "cat\r\ndog\r\n", ("cat", "dog")),
        ("obj.names", "cat\ndog\n\n", ("cat", "dog")),
        ("README.roboflow.txt", "Roboflow", ("0", "1")),
    ],
)
def test_where_classes_come_from(tmp_path: Path, file: str, content: str, labels: tuple[str, ...]) -> None:
    root = data_set(tmp_path / "set", "labels/a.txt", "images/a.jpg", BOX, yaml="")
    (root / file).write_text(content, encoding="utf-8")
    assert formats.read(root).labels == labels


def test_polygons_turned_boxes_poses_and_results(tmp_path: Path) -> None:
    lines = (
        "0 0.1 0.1 0.3 0.2 0.2 0.5\n"  # segmentation
        "0 0.5 0.25 0.75 0.5 0.5 0.75 0.25 0.5\n"  # oriented box
        "1 0.5 0.5 0.2 0.25 0.91\n"  # what `yolo predict save_conf` writes
    )
    root = data_set(tmp_path / "set", "labels/a.txt", "images/a.jpg", lines)
    (picture,) = formats.read(root).pictures
    assert edges(picture) == [
        ("cat", pytest.approx(10), pytest.approx(8), pytest.approx(30), pytest.approx(40)),  # type: ignore[comparison-overlap]
        ("cat", 25, 20, 75, 60),
        ("dog", 40, 30, 60, 50),
    ]
    assert [text.partition(":")[0] for text in told(root)[2]] == [
        "polygons, taken as their bounding boxes",
        "rotated boxes, taken as their bounding boxes",
        "boxes with a score, which a detector found and nobody labelled, taken all the same",
    ]
    pose = data_set(
        tmp_path / "pose", "labels/a.txt", "images/a.jpg", BOX.strip() + " 0.5 0.5 2 0.4 0.4 1\n",
        yaml="names: [cat, dog]\nkpt_shape: [2, 3]\n",
    )  # fmt: skip
    (picture,) = formats.read(pose).pictures
    assert edges(picture) == [("dog", 40, 30, 60, 50)]
    assert told(pose)[2] == ["points of poses, left out: 1; their boxes are taken"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 40 30 60 50", "are they pixels?"),
        ("cat 0.5 0.5 0.2 0.2", "is no box"),
        ("0 0.5 0.5 0.2", "3 numbers"),
        ("0 nan 0.5 0.2 0.2", "no parts of a picture"),
        ("-1 0.5 0.5 0.2 0.2", "is no class id"),
        ("7 0.5 0.5 0.2 0.2", "of an unknown class; known are cat, dog"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    root = data_set(tmp_path / "set", "labels/a.txt", "images/a.jpg", BOX + line + "\n")
    boxes, errors, _ = told(root)
    assert boxes["dog"] == 1
    assert message in errors[0]


def test_empty_files_missing_files_and_missing_pictures(tmp_path: Path) -> None:
    root = data_set(tmp_path / "set", "labels/a.txt", "images/a.jpg", "")
    picture_file(root / "images/b.jpg", 10, 10)
    assert [(each.source, each.state) for each in formats.read(root).pictures] == [
        ("images/a.jpg", LabelState.LABELLED),
        ("images/b.jpg", LabelState.UNLABELLED),
    ]
    (root / "labels/c.txt").write_text(BOX)
    _, errors, _ = told(root)
    assert errors[0] == "there is no picture images/c.* for it; name the folder of the pictures (--images)"


def test_pictures_may_be_elsewhere(tmp_path: Path) -> None:
    root = data_set(tmp_path / "set", "train/labels/a.txt", "../mine/a.jpg", BOX)
    (picture,) = formats.read(root, images=tmp_path / "mine").pictures
    assert edges(picture) == [("dog", 40, 30, 60, 50)]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """And is what ultralytics asks for: a line a box, an empty file for nothing there."""
    path = manifest(tmp_path, record(), record("none.jpg", answer={"annotations": []}))
    done = convert(path, tmp_path / "out", to=Format.YOLO)
    assert (done.written.pictures, done.written.boxes) == (2, 1)
    assert (tmp_path / "out/labels/x.txt").read_text() == "0 0.283 0.495 0.122 0.32\n"
    assert (tmp_path / "out/labels/none.txt").read_text() == ""
    for name in ("x.jpg", "none.jpg"):
        picture_file(tmp_path / "out/images" / name, 500, 400)
    by_name = {each.file_name: each for each in formats.read(tmp_path / "out").pictures}
    ((label, *found),) = edges(by_name["x.jpg"])
    assert (label, found) == ("usb-a", pytest.approx([111, 134, 172, 262]))
    with pytest.raises(InputError, match="is there already"):
        convert(path, tmp_path / "out", to=Format.YOLO, overwrite=False)
    convert(path, tmp_path / "out", to=Format.YOLO)
    assert (tmp_path / "out/images/x.jpg").exists()


def test_a_class_file_that_is_none(tmp_path: Path) -> None:
    for content in ("names: 3", "names: [a, a]", "names: {9999999: a}", "names: [", "a: &a [*a]\nnames: *b"):
        root = data_set(tmp_path / "set", "labels/a.txt", "images/a.jpg", BOX, yaml=content)
        with pytest.raises(InputError, match=r"data\.yaml"):
            formats.read(root)
