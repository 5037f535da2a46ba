"""Starting a service again that has ended, and no more often than makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.errors import ServiceError
from kit.local_cloud.watch import MOST_RESTARTS, Watch


@dataclass
class Service:
    name: str
    log: Path
    status: int | None = None

    def exit_status(self) -> int | None:
        return self.status

    def log_tail(self, lines: int = 8) -> str:
        return "out of memory"


def test_one_that_runs_is_left_alone(tmp_path: Path) -> None:
    said: list[str] = []
    watch = Watch(lambda: Service("LocalStack (S3)", tmp_path / "log"), lambda: pytest.fail("started"), said.append)
    assert not watch.look()
    assert said == []


def test_one_that_has_ended_is_said_and_started_again_until_there_is_no_point(tmp_path: Path) -> None:
    service = Service("LocalStack (S3)", tmp_path / "log", status=137)
    said: list[str] = []
    started: list[int] = []
    watch = Watch(lambda: service, lambda: started.append(1), said.append)
    for _ in range(MOST_RESTARTS):
        assert watch.look()
    assert said == ["  LocalStack (S3) has ended with status 137; it is started again."] * MOST_RESTARTS
    with pytest.raises(ServiceError, match=r"(?s)for the 4th time.*the same command goes on.*log ends with:\nout of"):
        watch.look()
    assert len(started) == MOST_RESTARTS == 3
