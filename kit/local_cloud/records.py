"""The memory of the local cloud: a folder with one JSON file per job or endpoint, each replaced whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from kit.atomic_file import write_atomically
from kit.errors import ServiceError
from kit.language import _

Record = dict[str, Any]

_DATETIME = "$datetime"


class Records:
    """Records by name, read once and written through; a kill at any moment leaves each one old or new, never half.

    Args:
        folder: made when missing; holds `<name>.json`. Names come from validated requests, where AWS allows only
            letters, digits and hyphens.

    A record is JSON with aware datetimes anywhere in it; it is replaced, never changed in place. Safe to use from
    several threads.

    Raises:
        ServiceError: a file in the folder is no record.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._records: dict[str, Record] = {path.stem: _read(path) for path in folder.glob("*.json")}

    def get(self, name: str) -> Record | None:
        with self._lock:
            return self._records.get(name)

    def all(self) -> list[Record]:
        """Every record, ordered by name."""
        with self._lock:
            return [self._records[name] for name in sorted(self._records)]

    def add(self, name: str, record: Record) -> bool:
        """Keeps a new record; False when the name is taken."""
        with self._lock:
            if name in self._records:
                return False
            self._put(name, record)
            return True

    def change(self, name: str, change: Callable[[Record], Record]) -> Record:
        """Replaces a record that is there by what `change` makes of it."""
        with self._lock:
            self._put(name, change(self._records[name]))
            return self._records[name]

    def delete(self, name: str) -> bool:
        """Forgets a record; False when there is none."""
        with self._lock:
            if self._records.pop(name, None) is None:
                return False
            self._path(name).unlink()
            return True

    def _put(self, name: str, record: Record) -> None:
        # Memory first: on a full disk this process must still answer what really happened.
        self._records[name] = record
        write_atomically(self._path(name), json.dumps(record, default=_encoded, indent=1).encode())

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _read(path: Path) -> Record:
    try:
        record = json.loads(path.read_text(encoding="utf-8"), object_hook=_decoded)
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(record, dict):
        raise _damaged(path, type(record).__name__)
    return record


def _damaged(path: Path, reason: str) -> ServiceError:
    return ServiceError(
        _("{file} is damaged ({error}); remove it: the same command then makes anew what it describes.").format(
            file=path, error=reason
        )
    )


def _encoded(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_DATETIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} cannot be kept in a record")


def _decoded(members: dict[str, Any]) -> Any:
    return datetime.fromisoformat(members[_DATETIME]) if members.keys() == {_DATETIME} else members
