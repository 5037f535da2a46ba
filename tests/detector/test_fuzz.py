"""A short part of `make fuzz`, always the same: the detector's readers of outside bytes."""

from __future__ import annotations

import pytest

from tests.fuzz.detector_readers import READERS
from tests.fuzz.fuzzing import Reader, fuzzed


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_nothing_but_the_projects_own_errors_comes_out(reader: Reader) -> None:
    assert [outcome.problem for outcome in fuzzed(reader, seed=16, count=60) if outcome.problem] == []
