"""`model.tar.gz`: made from what a training left in its model folder, unpacked for a container that serves it."""

from __future__ import annotations

import gzip
import shutil
import tarfile
from pathlib import Path

from kit.errors import ServiceError

MAX_MEMBERS = 10_000
MAX_BYTES = 5_000_000_000


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


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a model that somebody else may have made into `folder`, which appears only when all is there.

    Raises:
        ServiceError: it is no gzipped tar, it is empty, it would write outside the folder, it holds links to outside
            or devices, or it is larger than `MAX_BYTES` or `MAX_MEMBERS`.
    """
    unfinished = folder.with_name(folder.name + ".unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    members = size = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                members, size = members + 1, size + member.size
                if members > MAX_MEMBERS or size > MAX_BYTES:
                    raise ServiceError(
                        f"{archive.name} holds more than {MAX_BYTES:,} bytes or {MAX_MEMBERS:,} files; "
                        f"it is not unpacked."
                    )
                tar.extract(member, unfinished, filter="data")
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, UnicodeError) as error:
        raise ServiceError(f"{archive.name} is no model archive that can be unpacked safely: {error}.") from error
    if not any(unfinished.iterdir()):
        raise ServiceError(f"{archive.name} is empty: it holds no model.")
    unfinished.replace(folder)
