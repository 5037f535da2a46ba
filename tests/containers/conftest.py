"""The real engine, the images, and the services in containers, once per session; skipped where no engine answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.local_cloud.docker.engine import Engine, NoEngine, probe_engine
from kit.local_cloud.docker.images import ensure_images
from kit.local_cloud.docker.services import ContainerServices, LabelStudioContainer, LocalStackContainer
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.run.folder import RunFolder
from kit.run.opening import locked
from kit.settings import DOCKER
from tests.end_to_end import command
from tests.s3_fixtures import bucket, s3  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def engine() -> Engine:
    found = probe_engine()
    if isinstance(found, NoEngine):
        pytest.skip(found.reason)
    return found


@pytest.fixture(scope="session")
def images(engine: Engine) -> Engine:
    """The engine, with the images built."""
    ensure_images(engine)
    return engine


@pytest.fixture(scope="session")
def services(images: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerServices]:
    """Of a run that goes on until the session ends, so that no kit beside it takes it for a dead one's."""
    folder = tmp_path_factory.mktemp("run-in-containers")
    with locked(RunFolder(folder)), ContainerServices(images, folder, folder / "cloud") as services:
        yield services


@pytest.fixture(scope="session")
def localstack(services: ContainerServices) -> Iterator[LocalStackContainer]:
    with LocalStackContainer(services) as running:
        yield running


class RunningLabelStudio:
    """The session's Label Studio, which a test may kill and start again."""

    def __init__(self, services: ContainerServices) -> None:
        self.services = services
        self._server = LabelStudioContainer(services)

    @property
    def folder(self) -> Path:
        return self.services.folder / "label-studio"

    @property
    def access(self) -> LabelStudioAccess:
        return self._server.access

    def kill_and_restart(self) -> None:
        self.services.compose("kill", "label-studio")
        self._server.close()
        self._server = LabelStudioContainer(self.services)

    def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="session")
def label_studio(services: ContainerServices, localstack: LocalStackContainer) -> Iterator[RunningLabelStudio]:
    # It reads the pictures from that S3, by its name in their network.
    assert localstack.port == services.s3_port
    running = RunningLabelStudio(services)
    yield running
    running.close()


def everything(engine: Engine) -> set[str]:
    """What `docker ps -a`, `docker network ls` and `docker volume ls` show."""
    client = engine.client
    things = (*client.containers.list(all=True, ignore_removed=True), *client.networks.list(), *client.volumes.list())
    return {thing.name for thing in things}


@pytest.fixture(scope="session")
def rehearsal(images: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run in containers, with less training than usual."""
    folder = tmp_path_factory.mktemp("rehearsal")
    before = everything(images)
    done = command.kit("local", folder=folder, runtime=DOCKER, epochs="2", image_size="192")
    assert done.returncode == 0, done.stdout + done.stderr
    assert everything(images) <= before
    (folder / "output.txt").write_text(done.stdout + done.stderr)
    return folder
