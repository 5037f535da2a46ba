"""Sizes of picture files, with OpenCV's decoder as the judge of what is upright."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path, PurePath

import cv2
import numpy as np
import pytest
from PIL import Image

from kit.annotations.picture_conversion import upright_bytes
from kit.annotations.picture_files import flat_name, name_fault, pictures_in, upright_size
from kit.annotations.picture_folder import PictureFolder
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
        b"II*\0" + bytes(100),
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


@pytest.mark.parametrize(
    "source",
    ["s3://b/..", "..", ".", "", "a/", "..\\..", "x\0.jpg", "\\"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match="does not end in a file name"):
        PictureFolder(tmp_path).find(source)


@pytest.mark.parametrize("source", ["/etc/passwd", "../../etc/passwd", "s3://b/..\\..\\etc\\passwd", "n" * 300])
def test_only_the_last_part_is_looked_for(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match=r"there is no picture (passwd|n+) in"):
        PictureFolder(tmp_path).find(source)


def test_the_pictures_of_a_folder_and_its_subfolders(tmp_path: Path) -> None:
    taken = ["b.JPG", "a.png", "sub/c.jpeg", "sub/deeper/d.heic", "コップ.webp"]
    others = ["notes.txt", ".hidden.jpg", ".cache/e.jpg", "__MACOSX/f.jpg", "sub/._c.jpeg", "drawing.svg"]
    for name in (*taken, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "d.jpg").mkdir()
    (tmp_path / "sub" / "round").symlink_to(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in pictures_in(tmp_path)) == sorted(taken)
    with pytest.raises(InputError, match="cannot be read"):
        list(pictures_in(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("A.PNG", "A.PNG"),
        ("sub/deeper/a.jpeg", "sub__deeper__a.jpeg"),
        ("sub/a.webp", "sub__a.webp.jpg"),
        ("a.HEIC", "a.HEIC.jpg"),
        ("a.tif", "a.tif.png"),
    ],
)
def test_names_without_folders_are_different_and_end_as_what_the_picture_becomes(path: str, name: str) -> None:
    assert flat_name(PurePath(path)) == name


@pytest.mark.parametrize("name", ["a\nb.jpg", "\x1b]0;x\x07.jpg", "a\udcff.jpg", "x" * 241, "あ" * 81])
def test_names_that_a_later_stage_could_not_carry_are_told(name: str) -> None:
    assert name_fault(name)


@pytest.mark.parametrize("name", ["x" * 240, "コップ 1 (é).jpg", "a%20b+c'\"$_$.jpg"])
def test_any_other_name_is_good(name: str) -> None:
    assert name_fault(name) is None
