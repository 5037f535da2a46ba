"""Readings that are given up: the garbage collector may close them in any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import coco
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.selection import Selection
from kit.annotations.streaming.folder_files import sorted_files
from tests.unit.annotations.kinds.inputs import coco as coco_file


def of_a_folder(folder: Path) -> Iterator[Any]:
    for name in "ab":
        (folder / f"{name}.txt").touch()
    return sorted_files(folder, (".txt",))


def of_a_document(folder: Path) -> Iterator[Any]:
    return coco.read(coco_file(folder, {"bbox": [10, 8, 20, 16]})).pictures


def of_a_selection(_folder: Path) -> Iterator[Any]:
    data = AnnotationStream(("cat",), iter([AnnotatedPicture("a.jpg", 9, 9, (BoundingBox("cat", 1, 1, 5, 5),))]))
    return Selection(data.labels).to_train_on(data, need_box=True)


@pytest.mark.parametrize("begun", [of_a_folder, of_a_document, of_a_selection])
def test_a_reading_can_be_closed_in_another_thread(tmp_path: Path, begun: Callable[[Path], Any]) -> None:
    reading = begun(tmp_path)
    next(reading)
    with ThreadPoolExecutor() as other:
        other.submit(reading.close).result()
    assert next(reading, None) is None
