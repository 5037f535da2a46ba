"""`model.tar.gz`: made from what a training left in its model folder, unpacked for a container that serves it."""

from __future__ import annotations

import errno
import gzip
import io
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from kit.errors import ServiceError

MAX_MEMBERS = 10_000
MAX_BYTES = 5_000_000_000
# A long name, or pax records, before a member: Linux takes paths of 4,096 bytes.
MAX_EXTENSION_BYTES = 5_000
MAX_EXTENSIONS = 2_000

_CHUNK_BYTES = 1 << 20
# A name that is too long, or both a file and a folder.
_NAMES_THAT_CANNOT_BE = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL)
_EXTENSIONS = (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE)


def pack(folder: Path, archive: Path) -> None:
    """Writes the files of `folder` to a gzipped tar; the same files give the same bytes.

    Links and special files are left out: they would not mean the same elsewhere.
    """
    with (
        archive.open("wb") as raw,
        # Weights have no pattern: the most effort would save half a per cent of their bytes, in twice the time.
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
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
    try:
        _unpack(archive, unfinished)
    # What tarfile and gzip raise on what they do not expect has no base class of its own.
    except (
        tarfile.TarError,
        EOFError,
        gzip.BadGzipFile,
        zlib.error,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ServiceError(f"{archive.name} is no model archive that can be unpacked safely: {error}.") from error
    except OSError as error:
        if error.errno not in _NAMES_THAT_CANNOT_BE:
            raise
        raise ServiceError(
            f"{archive.name} is no model archive that can be unpacked safely: {error.strerror}: {error.filename!r}."
        ) from error
    if not may_be_empty and not any(unfinished.iterdir()):
        raise ServiceError(f"{archive.name} is empty: it holds no model.")
    unfinished.replace(folder)


class _Member(tarfile.TarInfo):
    """A header, judged before tarfile believes it: it reads a long name whole, and goes back by a negative size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise tarfile.ReadError(f"{member.name!r} has a negative size")
        if member.type in _EXTENSIONS and member.size > MAX_EXTENSION_BYTES:
            raise tarfile.ReadError(f"a name of {member.size:,} bytes")
        # Written by hand: Debian 12's Python has no extraction filters, and those of later ones can be led outside by
        # links (CVE-2025-4517). There are none here, so that a name alone can be judged.
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, *_EXTENSIONS):
            raise tarfile.ReadError(f"{member.name!r} is no file or folder")
        return member


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of an archive as tarfile reads them: forwards only, and not more than an archive may have."""

    def __init__(self, archive: Path, stream: gzip.GzipFile) -> None:
        self._archive, self._stream = archive, stream
        self._position = self._headers = 0
        self.within_file = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = 0) -> int:
        if whence or position < self._position:
            raise tarfile.ReadError("it leads back")
        while self._position < position and self._take(min(_CHUNK_BYTES, position - self._position)):
            pass
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _CHUNK_BYTES:
            raise tarfile.ReadError("it asks for more than a file has at a time")
        data = self._take(size)
        if not self.within_file:
            self._headers += len(data)
            # Sparse files' maps and chains of extensions are headers too.
            if self._headers > MAX_MEMBERS * tarfile.BLOCKSIZE + MAX_EXTENSIONS * MAX_EXTENSION_BYTES:
                raise tarfile.ReadError("its headers are too long")
        return data

    def rest(self) -> None:
        """Reads to the end: a tar ends before its gzip stream, whose checksum only comes with the last byte."""
        while self._take(_CHUNK_BYTES):
            pass

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        if self._position > MAX_BYTES:
            raise _too_large(self._archive)
        return data


def _unpack(archive: Path, folder: Path) -> None:
    with gzip.open(archive) as stream:
        unpacked = _Unpacked(archive, stream)
        with tarfile.open(fileobj=unpacked, mode="r:", tarinfo=_Member) as tar:
            for number, member in enumerate(tar, start=1):
                if number > MAX_MEMBERS or unpacked.tell() + member.size > MAX_BYTES:
                    raise _too_large(archive)
                if member.issparse():
                    raise tarfile.ReadError(f"{member.name!r} has holes")
                _write(tar, unpacked, member, folder, archive)
                # tarfile keeps every member it has handed over.
                tar.members.clear()  # type: ignore[attr-defined]
        unpacked.rest()


def _write(tar: tarfile.TarFile, unpacked: _Unpacked, member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
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
        unpacked.within_file = True
        with content, target.open("wb") as file:
            shutil.copyfileobj(content, file, _CHUNK_BYTES)
        unpacked.within_file = False


def _too_large(archive: Path) -> ServiceError:
    return ServiceError(
        f"{archive.name} is not unpacked: it holds more than {MAX_BYTES:,} bytes or {MAX_MEMBERS:,} files."
    )
