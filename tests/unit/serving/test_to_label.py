"""What the page's server keeps for labelling, of what anybody may send to it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import ground_truth
from kit.errors import InputError
from kit.run.folder import TO_LABEL_MANIFEST
from kit.run.picture_set import SAMPLES
from kit.serving.to_label import keep

LABELS = ("usb-a", "usb-c", "lightning")
PICTURE = sorted((SAMPLES / "held_out").glob("*.jpg"))[0].read_bytes()
BOX = {"label": "usb-c", "left": 10.5, "top": 20, "width": 100, "height": 50}


def sent(name: str = "my plugs.heic", picture: bytes = PICTURE, boxes: list[Any] | None = None) -> bytes:
    content = {"name": name, "picture": base64.b64encode(picture).decode(), "boxes": [BOX] if boxes is None else boxes}
    return json.dumps(content).encode()


def test_picture_and_boxes_are_kept_and_the_last_time_counts(tmp_path: Path) -> None:
    folder = tmp_path / "to-label"
    path = keep(folder, LABELS, sent())
    assert path.parent == folder
    assert path.name.startswith("my-plugs-")
    assert path.suffix == ".jpg"
    assert path.read_bytes() == PICTURE
    assert keep(folder, LABELS, sent(boxes=[])) == path
    other = keep(folder, LABELS, sent(name="my plugs.heic", picture=PICTURE + b"\0"))
    assert other != path
    pictures = {each.source: each for each in ground_truth.read(folder / TO_LABEL_MANIFEST).pictures}
    assert set(pictures) == {path.name, other.name}
    assert pictures[path.name].boxes == ()
    (box,) = pictures[other.name].boxes
    assert (box.label, box.left, box.top, box.right, box.bottom) == ("usb-c", 10.5, 20, 110.5, 70)
    assert (pictures[other.name].width, pictures[other.name].height) == (640, 480)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd.jpg", "..", "", "a\0b.jpg", "\x1b[2J.png", 500 * "x"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    path = keep(tmp_path / "to-label", LABELS, sent(name=name))
    assert path.resolve().parent == (tmp_path / "to-label").resolve()
    assert path.name.isprintable()
    assert len(path.name) < 120


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"name": "a.jpg"}',
        sent(picture=b"no picture"),
        sent(boxes=[{**BOX, "label": "a class of somebody's"}]),
        sent(boxes=[{**BOX, "left": 5000}]),
        sent(boxes=[{**BOX, "width": "wide"}]),
        sent(boxes=[BOX] * 1001),
    ],
    ids=["nothing", "no object", "no picture", "no JPEG", "class", "outside", "type", "too many"],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError):
        keep(tmp_path / "to-label", LABELS, content)
    assert list(tmp_path.iterdir()) == []
