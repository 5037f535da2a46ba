"""`kit convert`: files of every format, and the layout that JumpStart wants."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner

from kit.annotations.convert import convert
from kit.annotations.formats import jumpstart
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.labels import parse_labels
from kit.annotations.picture_files import upright_size
from kit.commands.convert import convert as convert_command
from kit.errors import InputError, SetupError
from tests.unit.annotations.formats.test_coco import INSTANCES
from tests.unit.annotations.formats.test_ground_truth import manifest, record
from tests.unit.annotations.formats.test_jumpstart import EXAMPLE
from tests.unit.annotations.formats.test_label_studio import annotation, export, rectangle, task
from tests.unit.annotations.pictures import picture_file


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def sized(name: str, width: int, height: int) -> dict[str, Any]:
    """A manifest line for a picture of that size, with one box of its top left quarter."""
    box = {"class_id": 0, "left": 0, "top": 0, "width": width // 2, "height": height // 2}
    return record(name, answer={"image_size": [{"width": width, "height": height, "depth": 3}], "annotations": [box]})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (json.dumps(record()) + "\n", Format.GROUND_TRUTH),
        ('\ufeff{"source-ref": "s3://b/x.jpg"}', Format.GROUND_TRUTH),
        ("not json at all but a line that was cut\n", None),
        (json.dumps([task()]), Format.LABEL_STUDIO),
        (json.dumps(EXAMPLE, indent=2), Format.JUMPSTART),
        (json.dumps(INSTANCES), Format.COCO),
        (json.dumps({**EXAMPLE, "categories": []}), Format.COCO),
        ("", None),
        ('{"something": "else"}', None),
    ],
)
def test_formats_are_recognised_by_content(tmp_path: Path, content: str, expected: Format | None) -> None:
    path = tmp_path / "annotations.txt"
    path.write_text(content)
    if expected is None:
        with pytest.raises(InputError, match=r"annotations\.txt"):
            formats.recognise(path)
    else:
        assert formats.recognise(path) is expected


def test_jumpstart_layout_with_pictures(tmp_path: Path) -> None:
    images = tmp_path / "pictures"
    picture_file(images / "flat.jpg", 60, 40)
    picture_file(images / "turned.jpg", 60, 40, orientation=6)
    picture_file(images / "unlabelled.jpg", 60, 40)
    path = manifest(
        tmp_path, sized("flat.jpg", 60, 40), sized("turned.jpg", 40, 60), {"source-ref": "s3://b/unlabelled.jpg"}
    )
    out = tmp_path / "out"
    done = convert(path, out, images=images)
    assert everything(out) == [
        "label_categories.json",
        "training",
        "training/annotations.json",
        "training/images",
        "training/images/flat.jpg",
        "training/images/turned.jpg",
    ]
    assert done.annotations == out / "training" / "annotations.json"
    assert (done.written.pictures, done.written.left_out) == (2, {"unlabelled": 1})
    content = json.loads(done.annotations.read_bytes())
    assert content["annotations"][1]["bbox"] == [0, 0, 20, 30]
    # A program that ignores EXIF sees the picture as its boxes mean it.
    stored = cv2.imread(str(out / "training/images/turned.jpg"), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert stored is not None
    assert stored.shape == (60, 40, 3)
    assert (out / "training/images/flat.jpg").read_bytes() == (images / "flat.jpg").read_bytes()
    # The folder that was made can be read again, with its class names.
    assert formats.read(out).labels == ("usb-a",)


def test_converting_again_replaces_the_channel(tmp_path: Path) -> None:
    images, out = tmp_path / "pictures", tmp_path / "out"
    for name in ("a.jpg", "b.jpg"):
        picture_file(images / name, 60, 40)
    convert(manifest(tmp_path, sized("a.jpg", 60, 40)), out, images=images)
    (out / "mine.txt").write_text("kept")
    convert(manifest(tmp_path, sized("b.jpg", 60, 40)), out, images=images)
    assert [path.name for path in (out / "training/images").iterdir()] == ["b.jpg"]
    assert (out / "mine.txt").read_text() == "kept"
    (out / "training" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"training: holds mine\.txt and would be replaced"):
        convert(manifest(tmp_path, sized("a.jpg", 60, 40)), out, images=images)
    assert [path.name for path in (out / "training/images").iterdir()] == ["b.jpg"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([sized("a.jpg", 60, 40), sized("gone.jpg", 60, 40)], "output.manifest:2: there is no picture gone.jpg"),
        ([sized("a.jpg", 60, 40), sized("note.jpg", 60, 40)], "note.jpg: not a picture of a kind that is taken"),
        ([sized("a.jpg", 80, 40)], "output.manifest:1: a.jpg was labelled at 80x40 pixels"),
        ([sized("a.jpg", 60, 40), "{"], "output.manifest:2: not valid JSON"),
        ([sized("a.jpg", 60, 40), sized("other/a.jpg", 60, 40)], "different pictures of the same name"),
        ([{"source-ref": "s3://b/a.jpg"}], "no picture in it has a box"),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_failed_conversion_leaves_all_as_it_was(tmp_path: Path, lines: list[Any], message: str, before: bool) -> None:
    images, out = tmp_path / "pictures", tmp_path / "out"
    picture_file(images / "a.jpg", 60, 40)
    (images / "note.jpg").write_text("note")
    if before:
        convert(manifest(tmp_path, sized("a.jpg", 60, 40)), out, images=images)
    content = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(InputError) as caught:
        convert(manifest(tmp_path, *lines), out, images=images)
    assert message in str(caught.value)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == content
    assert out.exists() is before


def test_sizes_come_from_the_pictures_where_the_file_has_none(tmp_path: Path) -> None:
    picture_file(tmp_path / "pictures" / "x.jpg", 60, 40)
    picture_file(tmp_path / "pictures" / "y.jpg", 640, 480)
    path = export(tmp_path, task(annotation()), task(annotation(rectangle(1, 1, 9, 9)), image="s3://b/y.jpg"))
    convert(path, tmp_path / "out.json", images=tmp_path / "pictures")
    images = json.loads((tmp_path / "out.json").read_bytes())["images"]
    assert [(image["width"], image["height"]) for image in images] == [(60, 40), (640, 480)]


def test_label_studio_to_ground_truth(tmp_path: Path) -> None:
    path = export(tmp_path, task(annotation(rectangle(10, 20, 30, 40, rotation=90))))
    out = tmp_path / "out.manifest"
    convert(path, out)
    line = json.loads(out.read_bytes())
    assert line["source-ref"] == "s3://b/x.jpg"
    # 64, 96 is the corner it is turned about; 192 x 192 pixels to the left and down of it; the left part is cut off.
    assert line["bounding-box"]["annotations"] == [{"class_id": 0, "left": 0, "top": 96, "width": 64, "height": 192}]


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = manifest(tmp_path, record())
    content = path.read_bytes()
    (tmp_path / "link.manifest").symlink_to(path)
    for target in (path, tmp_path / "link.manifest"):
        for more in ([], ["--force"]):
            told = CliRunner().invoke(convert_command, [str(path), str(target), *more])
            assert isinstance(told.exception, InputError)
            assert "is what is to be converted" in str(told.exception)
    assert path.read_bytes() == content
    for out in (tmp_path / "out.json", tmp_path / "out"):
        assert CliRunner().invoke(convert_command, [str(path), str(out)], catch_exceptions=False).exit_code == 0
        told = CliRunner().invoke(convert_command, [str(path), str(out)])
        assert isinstance(told.exception, InputError)
        assert "is there already; name another, or add --force" in str(told.exception)
        assert CliRunner().invoke(convert_command, [str(path), str(out), "--force"]).exit_code == 0
    with pytest.raises(InputError, match="is what is to be converted"):
        convert(tmp_path / "out", tmp_path / "out")


def test_what_a_name_asks_for(tmp_path: Path) -> None:
    path = manifest(tmp_path, record())
    assert convert(path, tmp_path / "a.jsonl").format is Format.GROUND_TRUTH
    assert convert(path, tmp_path / "a.json").format is Format.COCO
    assert convert(path, tmp_path / "a").format is Format.JUMPSTART
    with pytest.raises(InputError, match="does not say which format"):
        convert(path, tmp_path / "a.xml")
    with pytest.raises(InputError, match="can be read only"):
        convert(path, tmp_path / "b.xml", to=Format.CVAT)
    with pytest.raises(InputError, match="is a file"):
        convert(path, tmp_path / "a.json", to=Format.JUMPSTART)
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        convert(path, tmp_path / "gone" / "a.json")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's device that is always full")
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's own refusal (ENOSPC of /dev/full), where the partial file is opened."""
    path = manifest(tmp_path, record())
    real = Path.open

    def full(self: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        return real(Path("/dev/full"), "wb") if mode == "xb" else real(self, mode, *args, **more)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(SetupError, match=r"a\.json: the disk is full"):
        convert(path, tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


def test_written_files_obey_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        convert(manifest(tmp_path, record()), tmp_path / "a.json")
    finally:
        os.umask(old)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a,b", ("a", "b")), (" usb a , 日本 ", ("usb a", "日本"))],
)
def test_labels_as_given(given: str, expected: tuple[str, ...]) -> None:
    assert parse_labels(given) == expected


@pytest.mark.parametrize("given", ["", "a,,b", "a,a", "gone.json"])
def test_labels_that_cannot_be(given: str) -> None:
    with pytest.raises(InputError):
        parse_labels(given)


@pytest.mark.parametrize("content", ['{"labels": []}', '["a"]', '{"labels": [{"label": 3}]}', "{", '{"labels": ["a"]}'])
def test_a_label_category_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"labels\.json: not a label category file"):
        parse_labels(str(path))


def test_the_command_says_what_was_left_out(tmp_path: Path) -> None:
    path = manifest(tmp_path, record(), {"source-ref": "s3://b/y.jpg"})
    told = CliRunner().invoke(convert_command, [str(path), str(tmp_path / "out")], catch_exceptions=False).output
    assert "output.manifest (Ground Truth): pictures: 2; boxes: 1 (1 usb-a)" in told
    assert "(jumpstart): pictures: 1; boxes: 1 (1 usb-a); classes: usb-a" in told
    assert "pictures left out, unlabelled: 1" in told


@pytest.mark.skipif(not Path("/proc/1").is_dir(), reason="Linux's folder that nobody can write to, root included")
@pytest.mark.parametrize("name", ["out.json", "out", "out.manifest"])
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"/proc/1/{name}: cannot be"):
        convert(manifest(tmp_path, record()), Path("/proc/1") / name)


def test_pictures_of_every_kind_and_folder_are_in_the_channel_as_jpeg_or_png(tmp_path: Path) -> None:
    for name in ("a/cup.webp", "b/cup.webp", "b/cup.jpg"):
        picture_file(tmp_path / "pictures" / name, 60, 40)
    lines = [sized(name, 60, 40) for name in ("a/cup.webp", "b/cup.webp", "b/cup.jpg")]
    convert(manifest(tmp_path, *lines), tmp_path / "out", images=tmp_path / "pictures")
    made = sorted((tmp_path / "out/training/images").iterdir())
    assert [path.name for path in made] == ["a__cup.webp.jpg", "b__cup.jpg", "b__cup.webp.jpg"]
    assert [upright_size(path) for path in made] == [(60, 40)] * 3
    listed = jumpstart.read(tmp_path / "out/training/annotations.json").pictures
    assert sorted(picture.file_name for picture in listed) == [path.name for path in made]
