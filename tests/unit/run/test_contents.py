"""What of a run's pictures counts as changed, and what is certain to show the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from kit.console import Console
from kit.errors import InputError
from kit.run import contents
from kit.run.contents import KnownPicture
from kit.run.picture_set import SAMPLES, PictureSet
from kit.run.run_picture import look_at

Pixels = npt.NDArray[np.uint8]
FIRST, SECOND = sorted((SAMPLES / "train").glob("*.jpg"))[:2]


def known(folder: Path, content: bytes) -> KnownPicture:
    folder.mkdir(exist_ok=True)
    (folder / "a.jpg").write_bytes(content)
    (folder / "b.jpg").write_bytes(SECOND.read_bytes())
    pictures = PictureSet(look_at(folder, Console()).pictures, ("usb-a",))
    return contents.look(pictures).pictures["a.jpg"]


def jpeg(pixels: Pixels, quality: int = 95) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def moved(pixels: Pixels) -> Pixels:
    """Something of 60 x 45 pixels lies somewhere else."""
    changed = pixels.copy()
    changed[300:345, 400:460] = pixels[100:145, 200:260] ^ 0x60
    return changed


@pytest.mark.parametrize(
    ("change", "certain"),
    [
        (lambda pixels: jpeg(pixels, 60), True),
        (lambda pixels: jpeg(cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA)), True),
        (lambda pixels: jpeg(cv2.resize(pixels, (213, 160))), True),
        (lambda pixels: jpeg(cv2.resize(pixels, (1280, 960), interpolation=cv2.INTER_CUBIC)), True),
        (lambda pixels: jpeg(cv2.resize(pixels, (480, 480))), False),
        (lambda pixels: jpeg(pixels[:240, :320]), False),
        (lambda pixels: jpeg(pixels[:, ::-1]), False),
        (lambda pixels: jpeg(cv2.rotate(pixels, cv2.ROTATE_180)), False),
        (lambda pixels: jpeg(moved(pixels)), False),
        (lambda _pixels: SECOND.read_bytes(), False),
    ],
    ids=[
        *("compressed", "halved", "a third", "doubled", "another shape", "cut out", "mirrored", "turned", "moved"),
        "another picture",
    ],
)
def test_labels_hold_where_it_is_certain_that_the_same_is_shown(
    tmp_path: Path, change: Callable[[Pixels], bytes], certain: bool
) -> None:
    pixels = cv2.imread(str(FIRST))
    before = known(tmp_path / "before", FIRST.read_bytes())
    now = known(tmp_path / "now", change(pixels))
    assert now.file.sha256 != before.file.sha256
    assert now.shows_the_same_as(before) is certain
    assert before.shows_the_same_as(now) is certain


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "contents.json").write_text("{}")
    with pytest.raises(InputError, match=r"contents\.json is damaged .*; remove it"):
        contents.read(tmp_path / "contents.json")
