"""What a run is told of its pictures and labels before anything is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kit.annotations.formats import ground_truth
from kit.console import Console
from kit.errors import InputError
from kit.run import picture_set
from kit.run.picture_set import PictureSet
from kit.settings import Settings
from tests.unit.annotations.pictures import picture_file


def line(source: str, *labels: str, size: tuple[int, int] | None = (60, 40), left: int = 5) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "annotations": [
            {"class_id": ("cat", "dog").index(label), "left": left, "top": 5, "width": 20, "height": 10}
            for label in labels
        ]
    }
    if size is not None:
        answer["image_size"] = [{"width": size[0], "height": size[1], "depth": 3}]
    return {
        "source-ref": source,
        "job": answer,
        "job-metadata": {
            "class-map": {str(("cat", "dog").index(label)): label for label in labels},
            "type": "groundtruth/object-detection",
            "creation-date": "2026-11-22T12:00:00",
        },
    }


def collected(folder: Path, *lines: dict[str, Any], **settings: Any) -> PictureSet:
    """What is collected of `folder`/pictures with a manifest of these lines, if any."""
    if lines:
        (folder / "m.manifest").write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
        settings["annotations"] = folder / "m.manifest"
    return picture_set.collect(Settings(images=folder / "pictures", **settings), Console())


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        picture_file(folder / "x.png", 60, 40).rename(folder / "pictures" / name)


def test_all_that_cannot_be_used_is_told_of_at_once_and_the_rest_is_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures(tmp_path, "a.png", "sub/b.png", "bell\a.png", "x" * 250 + ".png")
    (tmp_path / "pictures" / "text.jpg").write_text("not a picture")
    (tmp_path / "pictures" / "logo.svg").write_text("<svg/>")
    (tmp_path / "pictures" / "notes.txt").write_text("passed over")
    found = collected(tmp_path, labels=("cat",))
    assert [picture.name for picture in found.pictures] == ["a.png", "sub__b.png"]
    assert {each.picture: each.text for each in found.left_out} == {
        "logo.svg": "pictures of this kind are not taken; save it as JPEG or PNG",
        "bell\\x07.png": "its name has a character that is no letter or sign; rename it",
        "text.jpg": "not a picture of a kind that is taken, or damaged",
        "x" * 250 + ".png": "its name and those of its folders are longer than 240 bytes; shorten them",
    }
    told = capsys.readouterr().out
    assert "Left out, for they cannot be used: 4 of 6 pictures." in told
    assert "  text.jpg: not a picture" in told
    assert "\a" not in told


def test_too_few_that_can_be_used_are_refused_with_the_reasons(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png")
    (tmp_path / "pictures" / "b.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match=r"that can be used: 1; at least 2 are needed\. Left out: b\.jpg: "):
        collected(tmp_path, labels=("cat",))


@pytest.mark.parametrize("names", [("a.jpg", "A.jpg"), ("x/a.jpg", "x__a.jpg"), ("b.webp", "b.webp.jpg")])
def test_names_that_would_be_one_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    pictures(tmp_path, *names)
    with pytest.raises(InputError, match="would have the same name"):
        collected(tmp_path, labels=("cat",))


def test_a_class_that_a_terminal_would_take_for_an_order_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    with pytest.raises(InputError, match=r"The class 'ca\\x1bt'"):
        collected(tmp_path, labels=("ca\x1bt",))


def test_sizes_come_from_the_files_and_every_label_finds_its_picture(tmp_path: Path) -> None:
    pictures(tmp_path, "x/cup.png", "y/cup.png", "my cup.png")
    found = collected(
        tmp_path,
        line("s3://b/x/cup.png", "cat", size=None),
        line("s3://b/y/cup.png", "dog", "cat", size=None),
        line("s3://b/my%20cup.png", size=None),
    )
    assert found.given is not None
    found.given.write(tmp_path / "out.manifest", lambda name: f"s3://bucket/images/{name}")
    written = ground_truth.read(tmp_path / "out.manifest", labels=found.labels).pictures
    assert [(each.source, each.width, each.height, [box.label for box in each.boxes]) for each in written] == [
        ("s3://bucket/images/x__cup.png", 60, 40, ["cat"]),
        ("s3://bucket/images/y__cup.png", 60, 40, ["dog", "cat"]),
        ("s3://bucket/images/my cup.png", 60, 40, []),
    ]


def test_labels_that_are_lost_with_their_picture_are_counted(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png", "turned.png", "out.png")
    Image.new("RGB", (60, 40)).save(tmp_path / "pictures" / "cut.jpg")
    whole = (tmp_path / "pictures" / "cut.jpg").read_bytes()
    (tmp_path / "pictures" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    found = collected(
        tmp_path,
        line("a.png", "cat"),
        line("b.png", "cat"),
        line("cut.jpg", "cat", "dog"),
        line("turned.png", "dog", size=(40, 60)),
        line("out.png", "cat", "cat", left=60),
        line("a.png", "dog"),
        labels=("cat", "dog"),
    )
    assert {each.picture: each.boxes for each in found.left_out} == {"cut.jpg": 2, "turned.png": 1}
    assert "labelled at 40x60 pixels, but the file has 60x40 (was its EXIF" in str(found.left_out[1])
    assert [str(each) for each in found.remarks] == [
        "out.png: boxes that are inverted, empty or outside of it are left out (labelled boxes: 2)",
        "a.png: on line 6 of the labels again, with other boxes; those of both count",
    ]
    assert found.given is not None
    assert sum(len(each.boxes) for each in found.given.pictures) == 3 + 2


def test_every_picture_that_is_missing_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png", "kup.png")
    with pytest.raises(InputError) as caught:
        collected(tmp_path, line("a.png", "cat"), line("cup.png", "cat"), line("gone.png", "cat"))
    assert "m.manifest:2: there is no picture cup.png in" in str(caught.value)
    assert "is it kup.png?" in str(caught.value)
    assert "m.manifest:3: there is no picture gone.png in" in str(caught.value)


@pytest.mark.parametrize("name", [".hidden.png", "no-suffix"])
def test_a_label_of_a_file_that_is_passed_over_is_told_of(tmp_path: Path, name: str) -> None:
    pictures(tmp_path, "a.png", "b.png", name)
    with pytest.raises(InputError, match=f"m.manifest:3: .*{name} is hidden, or its name does not end as a picture's"):
        collected(tmp_path, line("a.png", "cat"), line("b.png", "cat"), line(name, "cat"))


def test_two_uploads_of_one_name_are_not_put_on_one_picture(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    with pytest.raises(InputError, match=r"4e5f6a7b-a\.png"):
        collected(tmp_path, line("a.png", "cat"), line("/data/upload/1/4e5f6a7b-a.png", "dog"), labels=("cat", "dog"))


def test_fewer_than_two_pictures_with_a_box_are_refused_before_a_run_is_made(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png", "c.png")
    with pytest.raises(InputError, match="Labelled pictures with a box to train on: 1;"):
        collected(tmp_path, line("a.png", "cat"), line("b.png"))


def test_a_part_for_the_score_that_leaves_too_few_to_train_on_is_refused_before_a_run_is_made(tmp_path: Path) -> None:
    names = [f"{letter}.png" for letter in "abcdef"]
    pictures(tmp_path, *names)
    lines = [line(name, "cat") for name in names]
    with pytest.raises(InputError, match=r"HELD_OUT=0\.9 leaves 1 of 6 labelled pictures"):
        collected(tmp_path, *lines, held_out=0.9)
    assert len(collected(tmp_path, *lines, held_out=0.5).pictures) == 6
