"""`suspects.json`: a run's labels that are worth another look, the worst first, as `kit suspects` found them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kit.atomic_file import write_atomically
from kit.detection.suspects import Suspect
from kit.errors import InputError
from kit.language import _

# Of a hundred labels so many are worth another look. People who label get about one in ten wrong at most; where fewer
# are, the list ends with what is right, and that is soon seen.
_PERCENT = 15


@dataclass(frozen=True)
class Suspected:
    """What was found.

    Attributes:
        labels: how many boxes the labelled pictures have.
        suspects: all of them, the most suspicious first.
    """

    labels: int
    suspects: tuple[Suspect, ...]

    @property
    def worth_a_look(self) -> tuple[Suspect, ...]:
        """The first of them."""
        return self.suspects[: max(1, round(_PERCENT * self.labels / 100))]

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that those are on, the worst first."""
        return tuple(dict.fromkeys(each.picture for each in self.worth_a_look))


def write(file: Path, found: Suspected) -> None:
    write_atomically(file, msgspec.json.encode(found) + b"\n")


def read(file: Path) -> Suspected | None:
    """What `write` wrote, where there is such a file.

    Raises:
        InputError: it is damaged.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Suspected)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise InputError(
            _("{file} is damaged ({error}); `make suspects` finds them again.").format(file=file, error=error)
        ) from error
