"""The cloud track against the double of AWS: one rehearsal with everything real, and a double for many short runs."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from kit.local_cloud import environments
from kit.local_cloud.hosting.model_server import SHARING_CORES
from kit.local_cloud.model_archive import unpack
from kit.run.picture_set import SAMPLES
from kit.tracks.rehearsal import running_double, tell
from tests.contract.servers import ProcessServer
from tests.end_to_end import command
from tests.once import made_once

HERE = Path(__file__).parent
PICTURES = 6
# Seconds, for which nobody waits: see `kit_process`. When there is a team, the role is new for a minute still.
AT_ONCE = {"workforce": 0.0}
SLOWLY = {"workforce": 40.0, "team": 60.0, "role": 160.0, "configuration": 15.0, "endpoint": 300.0}


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole `kit cloud-rehearsal`, with real labelling, training and serving."""
    return made_once(tmp_path_factory, "cloud-rehearsal", _rehearse)


def _rehearse(folder: Path) -> None:
    done = command.kit("cloud-rehearsal", folder=folder, epochs="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert command.processes_of(folder) == []
    (folder / "output.txt").write_text(done.stdout + done.stderr)


@dataclass
class Double:
    """A running double, seen from outside.

    Attributes:
        start: ends the one that runs, if any, and begins an empty one; returns its address.
    """

    start: Callable[[], str]
    url: str = ""

    def begin_anew(self) -> None:
        self.url = self.start()
        self.takes(AT_ONCE)

    def calls(self) -> list[dict[str, Any]]:
        """What was asked for since it was started, oldest first."""
        return list(self._get("calls"))

    def left(self) -> list[str]:
        """What somebody would still find there."""
        return list(self._get("left"))

    def fails(self, **fault: Any) -> None:
        tell(self.url, "faults", fault)

    def allows_all(self) -> None:
        """Takes back all faults."""
        urllib3.request("DELETE", f"{self.url}/_double/faults")

    def set_quota(self, name: str, value: float) -> None:
        tell(self.url, "quotas", {"name": name, "value": value})

    def takes(self, seconds: dict[str, float]) -> None:
        tell(self.url, "delays", seconds)

    def change_model(self, **members: Any) -> None:
        tell(self.url, "spec", members)

    def _get(self, what: str) -> Any:
        return json.loads(urllib3.request("GET", f"{self.url}/_double/{what}").data)[what]


@pytest.fixture(scope="session")
def started_double(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    base = tmp_path_factory.mktemp("served")
    unpack(command.latest(rehearsal) / "results" / "model.tar.gz", base / "model")
    quick = base / "quick-model"
    shutil.copytree(base / "model", quick, copy_function=without_weights)
    with contextlib.ExitStack() as running, contextlib.closing(ProcessServer(base, SHARING_CORES)) as server:
        train = [sys.executable, str(HERE / "quick_training.py"), str(quick)]
        serve = [sys.executable, str(HERE / "quick_serving.py"), str(server.port), str(quick)]
        programs = ("--train", json.dumps(train), "--serve", json.dumps([*serve, *map(str, environments.SERVE)]))

        def start() -> str:
            running.close()
            folder = tmp_path_factory.mktemp("aws-double")
            return running.enter_context(running_double(folder, *programs))

        started = Double(start)
        started.begin_anew()
        yield started


def without_weights(source: str, target: str) -> None:
    """Networks stay behind: packing and sending them took most of a run's time, and nobody looks into them here."""
    if source.endswith(".onnx"):
        Path(target).write_text(f"see {source}")
    else:
        shutil.copy(source, target)


@pytest.fixture
def double(started_double: Double) -> Iterator[Double]:
    """A double on which nothing is there and nothing goes wrong unless asked for; a test has to leave nothing."""
    yield started_double
    started_double.allows_all()
    started_double.change_model()
    if left := started_double.left():
        # The tests after this one are not to fail for it.
        started_double.begin_anew()
        pytest.fail(f"It left {left} on the double.")


@pytest.fixture
def slow_double(double: Double) -> Iterator[Double]:
    """The same; roles, workforces and configurations are new for as long as they are on AWS, endpoints take minutes."""
    double.takes(SLOWLY)
    yield double
    double.takes(AT_ONCE)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the sample pictures, of which a part is held out."""
    folder = tmp_path_factory.mktemp("pictures")
    for path in sorted((SAMPLES / "train").glob("*.jpg"))[:PICTURES]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder
