"""The containers that SageMaker local mode starts, found and removed by their label whoever started them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container

from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.docker.base_image import BASE_IMAGE
from kit.local_cloud.docker.leftovers import RUN_LABEL

# On each container: the folder whose files it works on, an absolute path.
FILES_LABEL = "jumpstart-rehearsal.files"

_POLL_SECONDS = 0.1
# Of 1024 that any other container has.
_FEWEST_SHARES = 2


@dataclass(frozen=True)
class Ending:
    """How a container ended: its exit status, or that it never started and what the engine says of it, if anything."""

    status: int
    started: bool
    problem: str


class LocalModeContainer:
    """The one container that works on the files of `base`, as far as there is one.

    Args:
        base: an absolute path.
        run: the run's folder; see `leftovers`.

    Attributes:
        labels: what the container has to be started with to be found here.
    """

    def __init__(self, client: docker.DockerClient, base: Path, run: str) -> None:
        self._client = client
        self._base = base
        self.labels = {FILES_LABEL: os.fspath(base), RUN_LABEL: run}

    def require_image(self, image: str) -> None:
        """Raises ServiceError when the engine does not have the image: local mode would ask a registry for it."""
        try:
            self._client.images.get(image)
        except NotFound as error:
            raise ServiceError(
                _("The image {image} is not on this machine's Docker engine: run `make images`.").format(image=image)
            ) from error

    def follow(self, output: BinaryIO, *, given_up: Callable[[], bool]) -> None:
        """Copies what the container prints until it ends; returns at once when `given_up` before it has started."""
        while (container := self._find()) is None or container.status == "created":
            if given_up():
                return
            time.sleep(_POLL_SECONDS)
        if os.nice(0) > 0:
            _give_way(container, output)
        copied = _copy(container.logs(stream=True, follow=True), output, skip=0)
        container.wait()
        # Engines have let go of a log that they follow before its last line was in it.
        _copy(container.logs(stream=True), output, skip=copied)

    def ending(self) -> Ending:
        container = self._find()
        if container is None:
            return Ending(status=1, started=False, problem="")
        if container.status == "created":
            return Ending(status=1, started=False, problem=container.attrs["State"]["Error"])
        # The log ends a moment before the engine has noted the exit status.
        return Ending(status=container.wait()["StatusCode"], started=True, problem="")

    def stop(self, grace_seconds: int) -> bool:
        """SIGTERM, and SIGKILL after the grace time; False when there is no container."""
        container = self._find()
        if container is not None:
            container.stop(timeout=grace_seconds)
        return container is not None

    def remove(self) -> None:
        """Ends and removes it; its files are then this user's."""
        container = self._find()
        if container is not None:
            _remove(container)
        own(self._client, self._base)

    def _find(self) -> Container | None:
        filters = {"label": f"{FILES_LABEL}={self._base}"}
        # A container may go while it is being listed.
        found: list[Container] = self._client.containers.list(all=True, filters=filters, ignore_removed=True)
        return found[0] if found else None


def remove_leftovers(client: docker.DockerClient, run: Path) -> None:
    """Removes the containers that local mode has started for a run, and makes what they left this user's."""
    filters = {"label": [f"{RUN_LABEL}={run}", FILES_LABEL]}
    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        _remove(container)
    if run.exists():
        own(client, run)


def own(client: docker.DockerClient, folder: Path) -> None:
    """Makes this user the owner of what a container, as its root, left in `folder`; only a container's root may.

    Raises:
        ServiceError: it could not be done.
    """
    if os.getuid() == 0 or all(path.lstat().st_uid != 0 for path in folder.rglob("*")):
        return
    owner = f"{os.getuid()}:{os.getgid()}"
    try:
        client.containers.run(
            BASE_IMAGE,
            ["find", "/files", "-uid", "0", "-exec", "chown", "-h", owner, "{}", "+"],
            volumes=[f"{folder}:/files"],
            network_mode="none",
            remove=True,
        )
    except DockerException as error:
        raise ServiceError(
            _(
                "Files in {folder} belong to root and cannot be given back ({error}): run "
                "`sudo chown -R $USER {folder}`."
            ).format(folder=folder, error=error)
        ) from error


def _give_way(container: Container, output: BinaryIO) -> None:
    """As the process does that has started it: a container has a priority by its share of the processors only."""
    try:
        container.update(cpu_shares=_FEWEST_SHARES)
    except APIError as error:
        # An engine without root may not; what runs beside is then slower, and no more.
        output.write(f"The engine gives the container no lower priority: {error}\n".encode())


def _copy(chunks: Iterable[bytes], output: BinaryIO, *, skip: int) -> int:
    """Copies all but the first `skip` bytes; returns how many bytes there were in all."""
    seen = 0
    for chunk in chunks:
        output.write(chunk[max(0, skip - seen) :])
        output.flush()
        seen += len(chunk)
    return seen


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        # Somebody else is removing it; the engine says no more than that.
        if error.status_code != 409:
            raise
