"""One endpoint for a model artifact on this disk: neither bucket nor records, and nothing left once it is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kit.local_cloud.algorithm import ALGORITHM
from kit.local_cloud.container_files import ContainerDefinition, ContainerFiles
from kit.local_cloud.hosting.model_server import SHARING_CORES, ModelServer
from kit.local_cloud.model_archive import unpack

_VARIANT = "AllTraffic"
_STARTUP_SECONDS = 300.0


class LoneEndpoint:
    """An endpoint in service; `EndpointInvoker` asks it."""

    def __init__(self, name: str, server: ModelServer) -> None:
        self._name = name
        self._server = server

    def served(self, name: str) -> tuple[str, ModelServer] | None:
        """The production variant and the server of the endpoint of that name."""
        return (_VARIANT, self._server) if name == self._name and self.ending() is None else None

    def ending(self) -> str | None:
        """None while it runs, else how it ended, with the end of its log."""
        return self._server.ending()


@contextmanager
def serving(
    archive: Path, name: str, folder: Path, command: Sequence[str | os.PathLike[str]]
) -> Iterator[LoneEndpoint]:
    """The model of a model.tar.gz behind an endpoint while the block runs.

    Args:
        archive: model.tar.gz; it is not trusted.
        folder: for the unpacked model and the log; empty, and the caller's to remove.
        command: the program that keeps SageMaker's inference contract, with its arguments.

    Raises:
        ServiceError: the archive cannot be unpacked, or the model does not come up; with the end of its log.
    """
    files = ContainerFiles(folder / "ml")
    unpack(archive, files.model)
    with serving_files(files, name, command) as endpoint:
        yield endpoint


@contextmanager
def serving_files(
    files: ContainerFiles, name: str, command: Sequence[str | os.PathLike[str]]
) -> Iterator[LoneEndpoint]:
    """The model in `model/` of these files behind an endpoint while the block runs; otherwise as `serving`."""
    files.define_container(ContainerDefinition(ALGORITHM.inference_image, SHARING_CORES))
    log = files.base.with_name("endpoint.log")
    server = ModelServer(f"Endpoint {name}", files.base, command, environment=SHARING_CORES, log=log)
    try:
        server.wait_until_ready(_STARTUP_SECONDS)
        yield LoneEndpoint(name, server)
    finally:
        server.close()
