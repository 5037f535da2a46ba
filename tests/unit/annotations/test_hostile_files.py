"""Annotation files that ask for more than they hold: told in a sentence, in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from kit.annotations.check import check
from kit.annotations.formats import coco, jumpstart, label_studio
from kit.annotations.picture_files import MOST_PIXELS
from kit.errors import InputError


def document(category: object) -> bytes:
    box = {"image_id": 1, "bbox": [0, 0, 1, 1], "category_id": category}
    return json.dumps(
        {"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}], "annotations": [box]}
    ).encode()


@pytest.mark.parametrize("category", [2_000_000_000, 20_000_000, 10_000])
def test_a_class_number_is_not_counted_up_to(tmp_path: Path, category: int) -> None:
    path = tmp_path / "annotations.json"
    path.write_bytes(document(category))
    with pytest.raises(InputError, match=f"category_id is {category}.*give the labels"):
        list(jumpstart.read(path).pictures)


@pytest.mark.parametrize("address", ["http://[", "//[x", "http://]/a.jpg"])
def test_what_is_no_address_is_told(tmp_path: Path, address: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"data": {"image": address}, "annotations": []}]))
    with pytest.raises(InputError, match=r"export\.json:1.*data\.image is .*, not an address"):
        list(label_studio.read(path, labels=["a"]).pictures)


HOSTILE = {
    "backslashes": b'["' + b"\\" * 5_000_000,
    "backslashes in a key": b'{"' + b"\\" * 5_000_000,
    "escapes": b'{"images": "' + b"\\n" * 2_500_000,
    "escaped quotation marks": b'[{"a": "' + b'\\"' * 2_500_000,
    "depth": b"[" * 5_000_000,
    "depth of objects": b'[{"a":' * 800_000,
    "no commas": b'[{"a": 1}' + b'{"a": 1}' * 600_000,
    "braces in texts": b"[" + b'{"a": "}{"},{"b": [1,' * 200_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("reader", [coco, label_studio], ids=["coco", "label_studio"])
def test_what_never_ends_takes_no_more_than_itself(tmp_path: Path, reader, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"file\.json"):
            list(reader.read(path, labels=["a"]).pictures)
        assert tracemalloc.get_traced_memory()[1] < 12 * len(content)
    finally:
        tracemalloc.stop()


def test_opencv_has_the_limit_of_pictures_too() -> None:
    program = "import kit, cv2, numpy; cv2.imdecode(numpy.frombuffer(cv2.imencode('.png', PICTURE)[1], 'u1'), 1)"
    for pixels, refused in ((MOST_PIXELS, False), (MOST_PIXELS + 1000, True)):
        picture = f"numpy.zeros(({pixels // 1000}, 1000), 'u1')"
        command = [sys.executable, "-c", program.replace("PICTURE", picture)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (b"CV_IO_MAX_IMAGE_PIXELS" in done.stderr) == refused, done.stderr


def test_a_pipe_is_told_to_be_a_file_first(tmp_path: Path) -> None:
    pipe = tmp_path / "labels.json"
    os.mkfifo(pipe)
    # Opened for both, so that neither end waits for the other.
    descriptor = os.open(pipe, os.O_RDWR)
    try:
        os.write(descriptor, b'{"images": [], "annotations": []}')
        with pytest.raises(InputError, match=r"labels\.json: a pipe, .* write it to a file first"):
            check(pipe, lambda _problem: None)
    finally:
        os.close(descriptor)
