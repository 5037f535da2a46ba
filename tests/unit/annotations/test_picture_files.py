"""Sizes of picture files, with OpenCV's decoder as the judge of what is upright."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from kit.annotations.model import AnnotatedPicture
from kit.annotations.picture_files import local_file, pictures_in, upright_bytes, upright_size
from kit.errors import InputError
from tests.unit.annotations.pictures import picture_file


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", [None, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9])
def test_upright_is_what_opencv_shows(tmp_path: Path, suffix: str, orientation: int | None) -> None:
    path = picture_file(tmp_path / f"x{suffix}", 60, 40, orientation)
    shown = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert upright_size(path) == (shown.shape[1], shown.shape[0])
    stored = cv2.imdecode(
        np.frombuffer(upright_bytes(path), np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    )
    assert stored is not None
    assert stored.shape == shown.shape
    assert np.abs(stored.astype(int) - shown).mean() < 3


def test_pictures_that_are_upright_are_passed_on_byte_for_byte(tmp_path: Path) -> None:
    path = picture_file(tmp_path / "x.jpg", 60, 40, 1)
    assert upright_bytes(path) == path.read_bytes()


def test_only_exif_counts(tmp_path: Path) -> None:
    """Pillow believes XMP as well; browsers and OpenCV, by which people label and models learn, do not."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    path = tmp_path / "x.jpg"
    Image.new("RGB", (60, 40)).save(path, xmp=xmp)
    with Image.open(path) as image:
        assert image.getexif().get(0x0112) == 6
    shown = cv2.imread(str(path))
    assert shown is not None
    assert upright_size(path) == (shown.shape[1], shown.shape[0]) == (60, 40)


def test_a_damaged_exif_block_means_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (60, 40)).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert upright_size(path) == (60, 40)


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"\xff\xd8\xff\xe0",  # JPEG's first bytes and no more
        b"GIF89a" + bytes(100),
        huge_png(10_000, 6_000),  # the detector would fail, after somebody labelled it
        huge_png(12_000, 10_000),  # Pillow would warn
        huge_png(60_000, 60_000),  # Pillow would refuse
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.jpg: "):
        upright_size(path)


def test_other_formats_are_refused_whatever_their_name(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (60, 40)).save(path, format="WEBP")
    with pytest.raises(InputError, match="not a JPEG or PNG"):
        upright_size(path)


@pytest.mark.parametrize(
    "source",
    ["s3://b/..", "..", ".", "", "a/", "..\\..", "x\0.jpg", "\\"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match="does not end in a file name"):
        local_file(tmp_path, AnnotatedPicture(source, 1, 1))


@pytest.mark.parametrize("source", ["/etc/passwd", "../../etc/passwd", "s3://b/..\\..\\etc\\passwd", "n" * 300])
def test_only_the_last_part_is_looked_for(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match=r"there is no picture (passwd|n+) in"):
        local_file(tmp_path, AnnotatedPicture(source, 1, 1))


def test_the_pictures_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.jpeg"):
        picture_file(tmp_path / name, 8, 8)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "d.jpg").mkdir()
    assert sorted(path.name for path in pictures_in(tmp_path)) == ["a.png", "b.JPG", "c.jpeg"]
    with pytest.raises(InputError, match="cannot be read"):
        list(pictures_in(tmp_path / "gone"))
