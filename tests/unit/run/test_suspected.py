from __future__ import annotations

from pathlib import Path

import pytest

from kit.annotations.model import BoundingBox
from kit.detection.response import Detection
from kit.detection.suspects import Reason, Suspect
from kit.errors import InputError
from kit.run import suspected
from kit.run.suspected import Suspected

BOX = BoundingBox("usb-a", 1.5, 2, 30, 40)


def many(count: int) -> tuple[Suspect, ...]:
    return tuple(Suspect(f"{number % 5}.jpg", Reason.EDGES, 1 - number / count, BOX, None) for number in range(count))


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    found = Suspected(2, (Suspect("a.jpg", Reason.CLASS, 0.75, BOX, Detection(BOX, 0.5)),))
    suspected.write(tmp_path / "suspects.json", found)
    assert suspected.read(tmp_path / "suspects.json") == found


def test_nobody_has_looked_where_there_is_no_file(tmp_path: Path) -> None:
    assert suspected.read(tmp_path / "suspects.json") is None


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "suspects.json").write_bytes(b'{"labels": 2')
    with pytest.raises(InputError, match=r"suspects\.json is damaged .* `make suspects` finds them again"):
        suspected.read(tmp_path / "suspects.json")


def test_of_a_hundred_labels_fifteen_are_worth_a_look_and_one_at_least_of_few() -> None:
    assert len(Suspected(100, many(120)).worth_a_look) == 15
    assert len(Suspected(3, many(4)).worth_a_look) == 1


def test_pictures_are_named_once_the_worst_first() -> None:
    assert Suspected(40, many(40)).pictures == ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg")
