"""`model.tar.gz`: made from what a training left in its model folder, unpacked for a container that serves it."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from kit.errors import ServiceError

MAX_MEMBERS = 10_000
MAX_BYTES = 5_000_000_000

_CHUNK_BYTES = 1 << 20


def pack(folder: Path, archive: Path) -> None:
    """Writes the files of `folder` to a gzipped tar; the same files give the same bytes.

    Links and special files are left out: they would not mean the same elsewhere.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                member = tar.gettarinfo(path, arcname=path.relative_to(folder).as_posix())
                # A file that is linked twice would be stored as a link to its other name.
                member.type = tarfile.REGTYPE
                member.size = path.stat().st_size
                member.mtime = member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mode = 0o644
                with path.open("rb") as file:
                    tar.addfile(member, file)


def unpack(archive: Path, folder: Path, *, may_be_empty: bool = False) -> None:
    """Unpacks what somebody else may have packed into `folder`, which appears only when all is there.

    Raises:
        ServiceError: it is no gzipped tar or not whole, it is empty and may not be, it would write outside the folder,
            it holds anything but files and folders, or it is larger than `MAX_BYTES` or `MAX_MEMBERS`.
    """
    unfinished = folder.with_name(folder.name + ".unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    members = size = 0
    try:
        with gzip.open(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                for member in tar:
                    members, size = members + 1, size + member.size
                    _check_limits(archive, members, size)
                    # Written by hand: Debian 12's Python has no extraction filters, and those of later ones can be
                    # led outside by links (CVE-2025-4517). There are none here, so that a name alone can be judged.
                    if not (member.isfile() or member.isdir()):
                        raise ServiceError(f"{archive.name} is not unpacked: {member.name!r} is no file or folder.")
                    _write(tar, member, unfinished, archive)
            # A tar ends before its gzip stream, whose checksum only comes with the last byte.
            while rest := stream.read(_CHUNK_BYTES):
                size += len(rest)
                _check_limits(archive, members, size)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, UnicodeError) as error:
        raise ServiceError(f"{archive.name} is no model archive that can be unpacked safely: {error}.") from error
    if not may_be_empty and not any(unfinished.iterdir()):
        raise ServiceError(f"{archive.name} is empty: it holds no model.")
    unfinished.replace(folder)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    name = PurePosixPath(member.name.lstrip("/"))
    if ".." in name.parts or "\0" in member.name:
        raise ServiceError(
            f"{archive.name} is no model archive that can be unpacked safely: {member.name!r} lies outside it."
        )
    target = folder / name
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is not None:
        with content, target.open("wb") as file:
            shutil.copyfileobj(content, file, _CHUNK_BYTES)


def _check_limits(archive: Path, members: int, size: int) -> None:
    if members > MAX_MEMBERS or size > MAX_BYTES:
        raise ServiceError(
            f"{archive.name} is not unpacked: it holds more than {MAX_BYTES:,} bytes or {MAX_MEMBERS:,} files."
        )
