"""What the kit reads from outside; for the kit's environment."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

from kit.annotations.check import check
from kit.annotations.labels import LABEL_CATEGORIES, parse_labels
from kit.annotations.picture_conversion import converted
from kit.detection.picture import read_picture
from kit.detection.picture_stream import PictureStream
from kit.detection.response import parse
from kit.errors import KitError
from kit.local_cloud.model_archive import unpack
from kit.run.journal import Journal
from tests.fuzz.fuzzing import SEEDS, Reader

_PICTURE = SEEDS / "pictures" / "alpha.png"


def annotations(name: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(data)
        check(path, str)

    return read


def yolo(name: str) -> Callable[[bytes, Path], None]:
    """One file of a small data set is the bytes; the others are as they should be."""

    def read(data: bytes, folder: Path) -> None:
        (folder / "images").mkdir()
        (folder / "labels").mkdir()
        (folder / "images" / "a.png").write_bytes(_PICTURE.read_bytes())
        (folder / "data.yaml").write_text("names: [usb-a, usb-c]\n")
        (folder / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
        (folder / name).write_bytes(data)
        check(folder, str)

    return read


def label_categories(data: bytes, folder: Path) -> None:
    (folder / LABEL_CATEGORIES).write_bytes(data)
    parse_labels(str(folder / LABEL_CATEGORIES))


def answer(data: bytes, _folder: Path) -> None:
    parse(data, ("usb-a", "usb-c", "lightning"), 640, 480)


def picture(data: bytes, folder: Path) -> None:
    path = folder / ("picture.png" if data[:1] == b"\x89" else "picture.jpg")
    path.write_bytes(data)
    read_picture(path)
    converted(path, mend=True)
    # The same bytes by a pipe, behind another picture: nothing of them is lost.
    stream = data + data
    assert b"".join(PictureStream(io.BytesIO(stream)).pictures()) == stream


def archive(data: bytes, folder: Path) -> None:
    (folder / "model.tar.gz").write_bytes(data)
    unpack(folder / "model.tar.gz", folder / "model")


def journal(data: bytes, folder: Path) -> None:
    (folder / "journal.json").write_bytes(data)
    Journal.open(folder / "journal.json").save()


def unzipped(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data


READERS = (
    Reader("coco", annotations("coco.json"), (KitError,)),
    Reader("jumpstart", annotations("annotations.json"), (KitError,)),
    Reader("label_studio", annotations("export.json"), (KitError,)),
    Reader("yolo_labels", yolo("labels/a.txt"), (KitError,)),
    Reader("yolo_data", yolo("data.yaml"), (KitError,)),
    Reader("yolo_classes", yolo("classes.txt"), (KitError,)),
    Reader("voc", annotations("a.xml"), (KitError,)),
    Reader("cvat", annotations("annotations.xml"), (KitError,)),
    Reader("label_categories", label_categories, (KitError,)),
    Reader("answers", answer, (KitError,)),
    Reader("ground_truth", annotations("output.manifest"), (KitError,)),
    Reader("pictures", picture, (KitError,), own_mb=300),
    Reader("archives", archive, (KitError,), pack=gzip.compress, unpack=unzipped),
    Reader("journals", journal, (KitError,)),
)
