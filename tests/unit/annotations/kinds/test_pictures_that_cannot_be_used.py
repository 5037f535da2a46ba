"""Kind 6: pictures that are damaged, cut off, turned, or are none. All are named before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from kit.annotations.picture_conversion import converted
from kit.annotations.picture_files import upright_size
from kit.console import Console
from kit.run import picture_set
from kit.settings import Settings
from tests.unit.annotations.kinds.inputs import NAMES, coco, line, manifest, yolo
from tests.unit.annotations.kinds.readings import pictures, told_by_check
from tests.unit.annotations.pictures import picture_file

BOX = {"bbox": [10, 8, 20, 16]}


def noise(path: Path) -> bytes:
    """A picture file that is long enough to be cut somewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)).save(path)
    return path.read_bytes()


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    # A download that failed: nothing, a page of HTML, a pointer of Git LFS.
    "nothing": ("x.jpg", lambda _: b""),
    "a page": ("x.png", lambda _: b"<!DOCTYPE html><title>404</title>"),
    "a pointer": ("x.jpg", lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
    # Half a copy.
    "half a JPEG": ("x.jpg", lambda content: content[: len(content) // 2]),
    "half a PNG": ("x.png", lambda content: content[: len(content) // 2]),
    "a header alone": ("x.jpg", lambda content: content[: content.index(b"\xff\xda")]),
    "half a GIF": ("x.gif", lambda content: content[: len(content) // 2]),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("labels", ["manifest", "yolo"])
def test_a_broken_one_is_named_and_the_run_goes_on_with_the_rest(tmp_path: Path, kind: str, labels: str) -> None:
    name, broken = BROKEN[kind]
    images = pictures(tmp_path / "set" / "images", *NAMES)
    (images / name).write_bytes(broken(noise(images / name)))
    if labels == "yolo":
        path = yolo(tmp_path / "set")
        (path / "labels" / "x.txt").write_text("0 0.2 0.2 0.2 0.2\n0 0.5 0.5 0.2 0.2\n")
    else:
        more = line(name, answer={"annotations": [{"class_id": 0, "left": 1, "top": 1, "width": 9, "height": 9}] * 2})
        path = manifest(tmp_path, line(), line("b.jpg"), more)
    found = picture_set.collect(Settings(images=images, annotations=path), Console())
    assert [picture.shown for picture in found.pictures] == list(NAMES)
    (left_out,) = found.left_out
    assert (left_out.picture, left_out.boxes) == (name, 2)
    _boxes, errors, _warnings = told_by_check(path, images)
    assert any(name in each for each in errors)


def test_all_of_several_are_named_at_once(tmp_path: Path) -> None:
    images = pictures(tmp_path / "set" / "images", *NAMES)
    for name in ("c.jpg", "d.jpg", "e.jpg"):
        (images / name).write_bytes(b"none")
        (tmp_path / "set" / "labels").mkdir(exist_ok=True)
    path = yolo(tmp_path / "other")
    for name in ("c", "d", "e"):
        (path / "labels" / f"{name}.txt").write_text("0 0.2 0.2 0.2 0.2\n")
    found = picture_set.collect(Settings(images=images, annotations=path), Console())
    assert [each.picture for each in found.left_out] == ["c.jpg", "d.jpg", "e.jpg"]
    assert sum("not a picture" in each for each in told_by_check(path, images)[1]) == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_turned_one_has_the_size_that_it_is_shown_with(tmp_path: Path, suffix: str, orientation: int) -> None:
    """What is labelled in a browser: CVAT's issue 1059 has photographs of a telephone that it showed turned."""
    path = picture_file(tmp_path / f"x.{suffix}", 100, 80, orientation)
    file = converted(path)
    assert file.size == upright_size(path) == ((80, 100) if orientation > 4 else (100, 80))
    assert cv2.imdecode(np.frombuffer(file.content, np.uint8), cv2.IMREAD_COLOR).shape[1::-1] == file.size


def test_labels_of_the_picture_as_it_is_stored_are_told_to_be_turned(tmp_path: Path) -> None:
    """Programs that pass over EXIF label 100x80 where every viewer shows 80x100."""
    images = tmp_path / "p"
    for name in NAMES:
        picture_file(images / name, 100, 80, 6)
    _boxes, errors, _warnings = told_by_check(coco(tmp_path, BOX), images)
    assert errors[0] == "a.jpg: labelled at 100x80 pixels, but the file has 80x100 (was its EXIF orientation ignored?)"


@pytest.mark.parametrize("missing", [1, 2, 3, 7])
def test_one_that_lacks_its_last_bytes_is_taken_with_a_remark(tmp_path: Path, missing: int) -> None:
    """ "premature end of JPEG image" of YOLOv5 (issue 916): a public set has one, which all programs show."""
    images = pictures(tmp_path / "p", *NAMES)
    content = noise(images / "a.jpg")
    (images / "a.jpg").write_bytes(content[:-missing])
    boxes, errors, warnings = told_by_check(coco(tmp_path, BOX), images)
    assert (boxes, errors) == ({"cat": 2}, [])
    assert any("a.jpg: the end of the file is missing; taken as other programs show it" in each for each in warnings)


def test_a_bit_that_a_disk_lost_is_told_of(tmp_path: Path) -> None:
    """OpenCV and browsers show such a PNG, with other colours from there on."""
    content = noise(tmp_path / "x.png")
    place = content.index(b"IDAT") + 4000
    (tmp_path / "x.png").write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert converted(tmp_path / "x.png").remark.startswith("damaged (a checksum is wrong)")
