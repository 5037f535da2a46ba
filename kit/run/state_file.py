"""Small files of a run that `kit status` reads while a stage goes on: `TrainingState`, `LabellingState`."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from kit.atomic_file import write_atomically

State = TypeVar("State")


def write_state(path: Path, state: object) -> None:
    write_atomically(path, msgspec.json.encode(state))


def read_state(path: Path, kind: type[State]) -> State | None:
    """None where there is none yet, or the file is none of `write_state`'s."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
