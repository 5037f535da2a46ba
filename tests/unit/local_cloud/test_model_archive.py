"""Model archives: what is made here, and what others might send."""

import gzip
import io
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.errors import ServiceError
from kit.local_cloud import model_archive
from kit.local_cloud.model_archive import pack, unpack


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code" / "empty").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(range(256)) * 100)
    (folder / "code" / "ラベル.json").write_text('["usb-a"]')
    return folder


def archive_with(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def test_gnu_tar_reads_what_is_packed(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xzf", tmp_path / "model.tar.gz", "-C", out], check=True)
    assert (out / "model.onnx").read_bytes() == (model / "model.onnx").read_bytes()
    assert (out / "code" / "ラベル.json").read_text() == '["usb-a"]'


def test_the_same_files_make_the_same_bytes(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "one.tar.gz")
    (model / "model.onnx").touch()
    (model / "model.onnx").chmod(0o600)
    pack(model, tmp_path / "two.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_links_are_not_packed_and_twins_are_packed_twice(model: Path, tmp_path: Path) -> None:
    (model / "link").symlink_to("/etc/hostname")
    (model / "twin").hardlink_to(model / "model.onnx")
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["code", "model.onnx", "twin"]
    assert (tmp_path / "out" / "twin").read_bytes() == (model / "model.onnx").read_bytes()


def test_what_gnu_tar_packs_is_unpacked(model: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-czf", tmp_path / "model.tar.gz", "-C", model, "."], check=True)
    unpack(tmp_path / "model.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "code" / "ラベル.json").read_text() == '["usb-a"]'


@pytest.mark.parametrize(
    "member",
    [
        named("../escaped"),
        named("code/../../escaped"),
        named("link", tarfile.SYMTYPE, "/etc/passwd"),
        named("link", tarfile.SYMTYPE, "model.onnx"),
        named("link", tarfile.LNKTYPE, "../../escaped"),
        named("device", tarfile.CHRTYPE),
        named("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda member: f"{member.name} {member.linkname}",
)
def test_nothing_but_files_within_the_folder_is_unpacked(tmp_path: Path, member: tarfile.TarInfo) -> None:
    (tmp_path / "in").mkdir()
    archive = archive_with(tmp_path / "in" / "model.tar.gz", (named("model.onnx"), b"x"), (member, b""))
    with pytest.raises(ServiceError, match=r"model\.tar\.gz .*unpacked"):
        unpack(archive, tmp_path / "in" / "out")
    assert not (tmp_path / "in" / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_absolute_path_stays_within(tmp_path: Path) -> None:
    unpack(archive_with(tmp_path / "model.tar.gz", (named("/absolute/file"), b"x")), tmp_path / "out")
    assert (tmp_path / "out" / "absolute" / "file").read_bytes() == b"x"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: b"<html>not found</html>" + data,
        lambda data: data[: len(data) // 2],
        lambda data: data[:-4],  # all files are there, the end of the checksum is not
        lambda data: data[:-8] + bytes(8),
        lambda data: data[:500] + bytes(8) + data[508:],
    ],
)
def test_a_damaged_archive_is_told(model: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (model / "noise").write_bytes(bytes((i * i * 7919 >> 3) & 255 for i in range(20_000)))
    archive = tmp_path / "model.tar.gz"
    pack(model, archive)
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(ServiceError, match=r"model\.tar\.gz is no model archive that can be unpacked safely"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_archive, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(model_archive, "MAX_MEMBERS", 10)
    large = archive_with(tmp_path / "large.tar.gz", (named("zeros"), bytes(1_000_001)))
    many = archive_with(tmp_path / "many.tar.gz", *((named(str(i)), b"") for i in range(11)))
    long = archive_with(tmp_path / "long.tar.gz", (named("small"), b"x"))
    trailing = io.BytesIO()
    with tarfile.open(fileobj=trailing, mode="w:gz") as tar:
        tar.addfile(named("small"), io.BytesIO())
        assert tar.fileobj is not None
        tar.fileobj.write(bytes(1_000_001))
    long.write_bytes(trailing.getvalue())
    for archive in (large, many, long):
        with pytest.raises(ServiceError, match="more than 1,000,000 bytes or 10 files"):
            unpack(archive, tmp_path / "out")
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert written < 100_000


def header(kind: bytes, size: bytes = b"", name: bytes = b"m") -> bytes:
    """A tar header of 512 bytes, its fields as they are given."""
    block = bytearray(tarfile.TarInfo("m").tobuf(tarfile.GNU_FORMAT))
    block[0:100] = name.ljust(100, b"\0")
    block[156:157] = kind
    if size:
        block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def octal(size: int) -> bytes:
    return b"%011o\0" % size


def pax(records: bytes) -> bytes:
    return header(b"x", octal(len(records))) + records.ljust(512, b"\0")


NEGATIVE = b"\xff" * 10 + b"\xfe\0"  # base 256: -512
SPARSE_PAX = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=model\n"
FILE = header(b"0", octal(1)) + b"x".ljust(512, b"\0")


MALFORMED = {
    "long name": header(b"L", octal(1 << 30)) + bytes(1 << 20),
    "long link": header(b"K", octal(1 << 30)) + bytes(1 << 20),
    "pax": header(b"x", octal(1 << 30)) + bytes(1 << 20),
    "global pax": header(b"g", octal(1 << 30)) + bytes(1 << 20),
    "pax upon pax": pax(b"11 a=bcdef\n") * 3000 + FILE,
    "negative name": header(b"L", NEGATIVE) + FILE,
    "negative file": header(b"0", NEGATIVE) + FILE,
    "negative pax": header(b"x", NEGATIVE) + FILE,
    "negative size in pax": pax(b"13 size=-512\n") + FILE,
    "pax of no length": pax(b"0 a=bcdef") + FILE,
    "holes": header(b"S", octal(512)) + bytes(512),
    "holes in pax": pax(SPARSE_PAX) + header(b"0", octal(1 << 20)) + b"9" * (1 << 20),
    "folder in a file": FILE + header(b"0", octal(1), b"m/below") + b"x".ljust(512, b"\0"),
    "file that is a folder": header(b"5", octal(0)) + FILE,
    "name beyond the file system's": header(b"L", octal(4000)) + b"n" * 4000 + bytes(96) + FILE,
    "contiguous": header(b"7", octal(1)) + bytes(512),
    "size beyond all": header(b"0", b"\x80" + b"\xff" * 11) + b"x",
    "size of words": header(b"0", b"not a size!!") + b"x",
    "volume": header(b"V", octal(0)) + FILE,
    "unknown kind": header(b"?", octal(0)) + FILE,
    "cut off": header(b"0", octal(9999)) + b"x",
    "no tar": b"x" * 100,
}


@pytest.mark.parametrize("tar", MALFORMED.values(), ids=MALFORMED)
def test_what_tarfile_would_believe_is_told_in_a_sentence(tmp_path: Path, tar: bytes) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(gzip.compress(tar + bytes(1024)))
    tracemalloc.start()
    try:
        with pytest.raises(ServiceError, match=r"^model\.tar\.gz .*unpacked"):
            unpack(archive, tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "out").exists()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 100_000


def test_what_an_interrupted_unpacking_left_does_not_count(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    (tmp_path / "out.unfinished").mkdir()
    (tmp_path / "out.unfinished" / "half").write_text("x")
    unpack(tmp_path / "model.tar.gz", tmp_path / "out")
    assert not (tmp_path / "out" / "half").exists()
