"""What a run falls back to without containers, that it says so, and what it never falls back from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kit.console import Console
from kit.errors import SetupError
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.settings import LocalSettings
from kit.tracks.runtime import open_parts

NO_ENGINE = "No Docker engine answers at unix:///no/such/docker.sock"


class Place:
    """A new run in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder / "runs" / "a-run")
        self.folder.path.mkdir(parents=True)
        self.journal = Journal(self.folder.journal, "a-run", "local", {})

    def open(self, runtime: str) -> Any:
        settings = LocalSettings(runtime=runtime, runs=self.folder.path.parent)
        return open_parts(settings, self.folder, self.journal, Console(), by_people=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where no Docker engine answers."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/docker.sock")
    return Place(tmp_path)


def test_auto_without_an_engine_takes_processes_and_says_why(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with place.open("auto") as parts:
        assert parts.s3.client().list_buckets()["Buckets"] == []
        assert "process of this machine" in parts.manner
    kept = Journal.open(place.folder.journal)
    assert kept.runtime == "process"
    assert kept.runtime_reason.startswith(f"in place of containers: {NO_ENGINE}")
    assert f"Runtime: process (in place of containers: {NO_ENGINE}" in capsys.readouterr().out


def test_docker_without_an_engine_is_an_error(place: Place) -> None:
    with pytest.raises(SetupError, match=f"^{NO_ENGINE}"), place.open("docker"):
        pytest.fail("it has opened something")
    assert place.journal.runtime == ""


def test_a_run_begun_in_containers_does_not_go_on_in_processes(place: Place) -> None:
    place.journal.runs_on("docker", "Docker 20.10")
    with pytest.raises(SetupError, match=f"^a-run was begun in containers and goes on in them. {NO_ENGINE}"):
        place.open("auto").__enter__()
    assert place.journal.runtime == "docker"


def test_a_run_begun_in_processes_remembers_why(place: Place) -> None:
    place.journal.runs_on("process", "in place of containers: the disk was full")
    with place.open("auto"):
        pass
    assert place.journal.runtime_reason == "in place of containers: the disk was full"


def test_processes_that_were_asked_for_ask_for_no_engine(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with place.open("process"):
        pass
    assert "Docker" not in capsys.readouterr().out
