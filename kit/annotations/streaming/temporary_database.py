"""A database on disk for what is too much for memory, gone when closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from kit.errors import SetupError
from kit.language import _


def temporary_database() -> sqlite3.Connection:
    """A nameless SQLite database in the temporary folder. Up to its page cache (2 MB) nothing is written at all."""
    # A reading that an error ended is kept by the error's traceback, and may then be closed by the garbage collector in
    # whatever thread that runs; nothing else uses a connection in two threads.
    return sqlite3.connect("", isolation_level=None, check_same_thread=False)


@contextmanager
def full_folder_told() -> Iterator[None]:
    """Around whatever such a database is used for.

    Raises:
        SetupError: the temporary folder is full.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SetupError(
            _("the temporary folder cannot be used ({error}); free some space there").format(error=error)
        ) from error


@contextmanager
def open_temporary_database() -> Iterator[sqlite3.Connection]:
    """Such a database for one block, which is told when the temporary folder is full.

    Raises:
        SetupError: the temporary folder is full.
    """
    with closing(temporary_database()) as database, full_folder_told():
        yield database
