"""Kinds 7, 8 and 9: names that clash or are written otherwise, messages that mislead, files that are overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from kit.annotations.convert import convert
from kit.annotations.formats.registry import Format
from kit.commands.draw import draw as draw_command
from kit.detection.labelled_pictures import draw_labelled_pictures
from kit.errors import InputError
from tests.unit.annotations.kinds.inputs import NAMES, coco, line, manifest, rectangle, tasks, voc, written, yolo
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike, told_by_check

BOX = {"bbox": [10, 8, 20, 16]}


def test_names_that_differ_in_their_suffix_alone_have_a_drawing_each(tmp_path: Path) -> None:
    """RectLabel's issue 84: of two such pictures one file of labels is kept."""
    names = ("cup.jpg", "cup.png", "cup.jpeg", "x/cup.jpg", "cup.webp")
    images = pictures(tmp_path / "p", *names)
    path = manifest(tmp_path, *(line(name) for name in names))
    assert draw_labelled_pictures(path, tmp_path / "drawn", images=images) == len(names)
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == [
        "cup.jpeg", "cup.jpg", "cup.png", "cup.webp.jpg", "x__cup.jpg",
    ]  # fmt: skip


def test_two_that_would_have_one_drawing_are_refused(tmp_path: Path) -> None:
    """A folder's name that is written into a name as well: x/cup.jpg and x__cup.jpg, cup.webp and cup.webp.jpg."""
    for one, other in (("x/cup.jpg", "x__cup.jpg"), ("cup.webp", "cup.webp.jpg")):
        images = pictures(tmp_path / one.replace("/", "-"), one, other)
        path = manifest(tmp_path, line(one), line(other))
        with pytest.raises(InputError, match="would both be drawn as"):
            draw_labelled_pictures(path, tmp_path / f"drawn-{images.name}", images=images)


def test_a_picture_on_two_lines_is_drawn_with_the_boxes_of_both(tmp_path: Path) -> None:
    images = pictures(tmp_path / "p", "a.png")
    other = line("a.png", answer={"annotations": [{"class_id": 0, "left": 60, "top": 50, "width": 30, "height": 20}]})
    assert draw_labelled_pictures(manifest(tmp_path, line("a.png"), other), tmp_path / "d", images=images) == 1
    drawn = cv2.imread(str(tmp_path / "d" / "a.png"))
    plain = cv2.imread(str(images / "a.png"))
    assert (drawn[20:25, 10:30] != plain[20:25, 10:30]).any()
    assert (drawn[65:72, 60:90] != plain[65:72, 60:90]).any()


def test_a_drawing_replaces_nothing_unasked(tmp_path: Path) -> None:
    """A folder that has other pictures of these names."""
    images = pictures(tmp_path / "p", *NAMES)
    holiday = pictures(tmp_path / "holiday", "a.jpg", size=(10, 10)) / "a.jpg"
    before = holiday.read_bytes()
    arguments = [str(manifest(tmp_path, line())), str(holiday.parent), "--images", str(images)]
    refused = CliRunner().invoke(draw_command, arguments)
    assert isinstance(refused.exception, InputError)
    assert str(refused.exception).endswith("is there already; name another folder, or add --force to replace it")
    assert holiday.read_bytes() == before
    assert CliRunner().invoke(draw_command, [*arguments, "--force"]).exit_code == 0
    assert holiday.read_bytes() != before


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("00042.jpg", "00042"),  # labelImg's names without a suffix (issue 92), ImageNet's, Label Studio's (issue 2360)
        ("00042.JPG", "00042"),
        ("my photo.jpg", "s3://b/my%20photo.jpg"),
        ("カップ.jpg", "%E3%82%AB%E3%83%83%E3%83%97.jpg"),
        ("カップ.jpg", "カップ.jpg"),  # as macOS writes it
        ("Photo.JPG", "photo.jpg"),
        ("deep/er/a.jpg", "C:\\Users\\me\\deep\\er\\a.jpg"),
        ("a b.jpg", "/data/upload/3/1a2b3c4d-a_b.jpg"),
    ],
)
def test_names_written_otherwise_are_found_by_every_reading(tmp_path: Path, file: str, source: str) -> None:
    images = pictures(tmp_path / "p", file, "other.jpg")
    document = json.loads(coco(tmp_path, BOX).read_text())
    for image, name in zip(document["images"], (source, "other.jpg"), strict=True):
        image["file_name"] = name
    assert read_alike(written(tmp_path / "coco.json", document), tmp_path / "out", images).boxes == {"cat": 2}
    names = {image["file_name"] for image in json.loads((tmp_path / "out" / "coco").read_bytes())["images"]}
    assert names == {file, "other.jpg"}


@pytest.mark.parametrize("source", ["a.jpeg", "a.png", "IMG_a.jpg", "b.jpg"])
def test_near_misses_are_named_and_not_guessed(tmp_path: Path, source: str) -> None:
    document = json.loads(coco(tmp_path, BOX).read_text())
    document["images"][0]["file_name"] = source
    images = pictures(tmp_path / "p", "a.jpg", "img_a_1.jpg")
    errors = refused_alike(written(tmp_path / "coco.json", document), tmp_path / "out", images, to=[Format.COCO])
    assert any(f"there is no picture {source} in {images}" in each for each in errors)


def test_ids_of_other_types_in_the_two_lists_are_the_same_ids(tmp_path: Path) -> None:
    """Ids as text in one list, and as a float in the other, as programs of one's own write them."""
    for own, other in (("1", 1), (1, "1"), (1.0, "1"), ("x-1", "x-1"), ("0001", "0001")):
        document = json.loads(coco(tmp_path, BOX).read_text())
        document["images"] = [{**document["images"][0], "id": own}]
        document["annotations"] = [{**document["annotations"][0], "image_id": other}]
        assert told_by_check(written(tmp_path / "coco.json", document))[0] == {"cat": 1}, (own, other)


def test_addresses_stand_for_the_names_that_lvis_leaves_out(tmp_path: Path) -> None:
    path = coco(tmp_path, BOX)
    document = json.loads(path.read_text())
    for image in document["images"]:
        image["coco_url"] = f"http://images.cocodataset.org/val2017/{image.pop('file_name')}"
    told = read_alike(written(path, document), tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"cat": 2}


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        # Issue 277 of Vailabel Studio: an export that called `image_id` otherwise, and whose readers found nothing.
        ({**BOX, "image_id": None, "item_id": 1}, "annotations[0]: image_id is missing, not a number or text"),
        ({"bbox": [1, 2, 3]}, "annotations[0]: bbox is [1, 2, 3], not [x, y, width, height]"),
        ({"bbox": [1, 2, 3, None]}, "annotations[0]: height is missing, not a number"),
        ({"bbox": [1, 2, 3, "4"]}, "annotations[0]: height is '4', not a number"),
        (
            {**BOX, "image_id": 2**70},
            "annotations[0]: image_id is 1180591620717411303424: too large a number for an id",
        ),
    ],
)
def test_what_is_wrong_with_an_annotation_is_said_of_it(
    tmp_path: Path, annotation: dict[str, object], said: str
) -> None:
    document = json.loads(coco(tmp_path, BOX).read_text())
    document["annotations"].insert(0, {"id": 1, "category_id": 1, "image_id": 1, **annotation})
    assert refused_alike(written(tmp_path / "coco.json", document), tmp_path / "out")[0] == said


def test_a_folder_without_labels_says_so(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("names: [cat]\ntrain: ../elsewhere/images\n")
    assert refused_alike(tmp_path / "data.yaml", tmp_path / "out")[0].startswith("there is no label file (.txt) in ")


@pytest.mark.parametrize(("given", "images"), [("labels", "images"), ("Labels", "Images"), ("LABELS", "IMAGES")])
def test_the_folder_of_the_labels_alone_is_enough(tmp_path: Path, given: str, images: str) -> None:
    """What people take for the data set; and folders in letters as Windows lets them be."""
    root = yolo(tmp_path / "set", labels=given)
    pictures(root / images, *NAMES)
    for path in (root, root / given):
        assert read_alike(path, tmp_path / f"out-{path.name}").boxes == {"cat": 2}


def test_a_part_of_roboflows_set_has_the_classes_that_are_said_beside_it(tmp_path: Path) -> None:
    root = yolo(tmp_path / "set", labels="train/labels")
    pictures(root / "train" / "images", *NAMES)
    for number, path in enumerate((root, root / "train", root / "train" / "labels")):
        assert read_alike(path, tmp_path / f"out{number}").boxes == {"cat": 2}


def test_label_files_that_keep_the_suffix_of_their_picture(tmp_path: Path) -> None:
    """What classifai was asked for (issue 15), to tell cup.jpg from cup.png."""
    root = yolo(tmp_path / "set")
    for name in ("cup.jpg", "cup.png"):
        (root / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    images = pictures(root / "images", *NAMES, "cup.jpg", "cup.png")
    assert told_by_check(root, images)[0] == {"cat": 4}


def test_a_label_file_of_two_pictures_is_on_neither(tmp_path: Path) -> None:
    root = yolo(tmp_path / "set")
    images = pictures(root / "images", *NAMES, "a.png")
    errors = refused_alike(root, tmp_path / "out", images)
    assert errors[0] == "a.jpg, a.png may each be its picture; call the label files as a.jpg, a.png, with .txt behind"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_conversion_never_replaces_what_it_reads(tmp_path: Path, link: object) -> None:
    """By any name that the file has, with --force as well."""
    path = coco(tmp_path, BOX)
    link(path, tmp_path / "other.json")  # type: ignore[operator]
    (tmp_path / "sub").mkdir()
    before = path.read_bytes()
    for target in (path, tmp_path / "other.json", tmp_path / "sub" / ".." / path.name):
        with pytest.raises(InputError, match="is what is to be converted, and would be overwritten"):
            convert(path, target, to=Format.COCO, overwrite=True)
    assert path.read_bytes() == before


def test_a_folder_is_not_converted_into_itself(tmp_path: Path) -> None:
    root = yolo(tmp_path / "set")
    pictures(root / "images", *NAMES)
    labels = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    for target in (root, root / "labels" / ".."):
        with pytest.raises(InputError, match="is what is to be converted"):
            convert(root, target, to=Format.YOLO)
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == labels
    files = voc(tmp_path / "voc")
    with pytest.raises(InputError, match="is what is to be converted"):
        convert(files, files.parent, to=Format.VOC)


def test_files_that_are_there_are_kept_unless_they_may_go(tmp_path: Path) -> None:
    path = tasks(tmp_path, rectangle())
    for to, name, there in (
        (Format.COCO, "out.json", "out.json"),
        (Format.YOLO, "yolo", "yolo/data.yaml"),
        (Format.VOC, "voc", "voc/Annotations/mine.xml"),
        (Format.JUMPSTART, "jumpstart", "jumpstart/label_categories.json"),
    ):
        (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / there).write_text("mine")
        with pytest.raises(InputError, match="is there already; name another, or add --force"):
            convert(path, tmp_path / name, to=to, overwrite=False)
        assert (tmp_path / there).read_text() == "mine"
        convert(path, tmp_path / name, to=to, overwrite=True)
