"""What the kit reads from outside; for the kit's environment."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

from kit.annotations.check import check
from kit.annotations.picture_conversion import converted
from kit.detection.picture import read_picture
from kit.detection.picture_stream import PictureStream
from kit.errors import KitError
from kit.local_cloud.model_archive import unpack
from kit.run.journal import Journal
from tests.fuzz.fuzzing import Reader


def annotations(name: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(data)
        check(path, str)

    return read


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
    Reader("ground_truth", annotations("output.manifest"), (KitError,)),
    Reader("pictures", picture, (KitError,), own_mb=300),
    Reader("archives", archive, (KitError,), pack=gzip.compress, unpack=unzipped),
    Reader("journals", journal, (KitError,)),
)
