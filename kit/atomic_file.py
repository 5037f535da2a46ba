"""Writing a file so that whoever reads it, after a kill or a loss of power too, finds the old content or the new."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replaces `path` by `content`, durable on disk when this returns; nothing but `path` is left in its folder.

    Raises:
        OSError: no space, no permission; it names `path`, and the old content is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(content)
                make_durable(stream)
            Path(name).replace(path)
            sync_folder(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def make_durable(stream: IO[bytes]) -> None:
    """Returns when what was written to the file is on disk."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Returns when it is on disk which files the folder has: else a loss of power may undo a rename."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # what a file system says that cannot do so, of a share for example
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Gives an error of writing, which does not say of which file it is, the name of the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
