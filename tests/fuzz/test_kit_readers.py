"""A short part of `make fuzz`, always the same: the kit's readers of outside bytes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor

import pytest

from tests.fuzz.fuzzing import fuzzed
from tests.fuzz.kit_readers import READERS


@pytest.fixture(scope="module")
def small_process() -> Iterator[Executor]:
    """Has loaded the readers and no more: each input forks it, which takes the longer the more a process has loaded."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
def test_nothing_but_the_projects_own_errors_comes_out(small_process: Executor, name: str) -> None:
    assert small_process.submit(problems, name).result() == []


def problems(name: str) -> list[str]:
    (reader,) = [reader for reader in READERS if reader.name == name]
    return [outcome.problem for outcome in fuzzed(reader, seed=16, count=60) if outcome.problem]
