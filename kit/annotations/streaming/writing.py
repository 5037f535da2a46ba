"""Files that appear whole or not at all, written piece by piece."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kit.errors import InputError, SetupError
from kit.language import _

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `target` when the block ends well.

    When it does not, `target` is as it was and nothing is left beside it.

    Raises:
        InputError: the folder is not there or may not be written to.
        SetupError: the disk is full.
    """
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    if target.is_dir():
        raise InputError(_("{target}: is a folder; give the name of a file to write").format(target=target))
    try:
        file = partial.open("xb", buffering=1024 * 1024)
    except OSError as error:
        raise InputError(
            _("{target}: cannot be written: {reason}").format(target=target, reason=error.strerror)
        ) from error
    try:
        with write_errors_told(target):
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def scratch(target: Path) -> Iterator[IO[bytes]]:
    """A nameless file in the folder of `target`, for a part that can only be appended once another is complete."""
    with write_errors_told(target), tempfile.TemporaryFile(dir=target.parent, buffering=1024 * 1024) as file:
        yield file


@contextmanager
def write_errors_told(target: Path) -> Iterator[None]:
    """Turns a full disk and a folder that may not be written to into the sentences that say so.

    Raises:
        InputError: the folder may not be written to.
        SetupError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise SetupError(
                _("{target}: the disk is full; free some space and do it again").format(target=target)
            ) from error
        if error.errno in _NOT_ALLOWED:
            raise InputError(
                _("{target}: cannot be written: {reason}; name another place").format(
                    target=target, reason=error.strerror
                )
            ) from error
        raise
