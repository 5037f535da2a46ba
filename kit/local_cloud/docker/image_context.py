"""What an image is built from: files of the repository, and packages that are laid out on this machine.

The packages come by pip's own settings and certificates (`requirements/lay_out.py`), so that a build needs no network.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud import process
from kit.repository import ROOT

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_LAY_OUT = ROOT / "requirements" / "lay_out.py"
# Where a Dockerfile finds the packages.
_PACKAGES = Path("packages")
# Programs that would start this machine's Python.
_PROGRAMS = "lib/python*/site-packages/bin/*"


def machine_of(architecture: str) -> str:
    """Python's word for an architecture in Docker's words ("amd64", "arm64").

    Raises:
        SetupError: there are no wheels for it.
    """
    if architecture not in _MACHINES:
        raise SetupError(
            _(
                "The Docker engine builds for {architecture}, for which there are no wheels of PyTorch and ONNX "
                "Runtime: choose RUNTIME=process."
            ).format(architecture=architecture)
        )
    return _MACHINES[architecture]


def lay_out(lock: Path, folder: Path, machine: str, *, torch: str | None, held: int) -> None:
    """Fills a folder with the packages of a lock.

    Args:
        folder: its name is shown.
        machine: see `machine_of`.
        torch: the build of PyTorch that comes too, "cpu" or "cuda".
        held: descriptor of a lock that stays held while this goes on, though the kit be killed.

    Raises:
        SetupError: the package index cannot be reached, lacks something, or the disk is full.
    """
    options = ("--torch", torch) if torch else ()
    command = [sys.executable, _LAY_OUT, *options, lock, machine, folder]
    done = process.run(command, stdout=None, pass_fds=(held,))
    if done.returncode != 0:
        raise SetupError(done.stderr.strip())


def fingerprint(root: Path, folders: Sequence[Path], facts: Sequence[str]) -> str:
    """SHA-256 of every file in the folders, which are relative to `root`, and of the facts."""
    digest = hashlib.sha256()
    for path in _files(root, folders):
        digest.update(f"{path}\0{os.access(root / path, os.X_OK)}\0".encode())
        digest.update(hashlib.sha256((root / path).read_bytes()).digest())
    for fact in facts:
        digest.update(f"{fact}\0".encode())
    return digest.hexdigest()


def write(archive: IO[bytes], root: Path, folders: Sequence[Path], packages: Path, left_out: Sequence[str]) -> None:
    """Writes the context of a build: the folders as they lie below `root`, and the packages as `packages/`.

    Args:
        left_out: patterns of what stays out of the packages, relative to their folder.
    """
    with tarfile.open(fileobj=archive, mode="w") as context:
        for path in _files(root, folders):
            context.add(root / path, path, recursive=False, filter=_readable_by_all)
        for path in _files(packages, [Path()]):
            if not any(fnmatch.fnmatch(os.fspath(path), pattern) for pattern in (_PROGRAMS, *left_out)):
                context.add(packages / path, _PACKAGES / path, recursive=False, filter=_readable_by_all)
    archive.seek(0)


def _files(root: Path, folders: Sequence[Path]) -> Iterator[Path]:
    """Every file in the folders, relative to `root`, in one order on every machine."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root)


def _readable_by_all(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever checked out the repository, under whatever umask: a container's user can read it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
