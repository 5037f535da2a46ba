"""The real Label Studio, started once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kit.local_cloud import environments
from kit.local_cloud.labelling.label_studio import LabelStudioAccess, LabelStudioServer
from kit.local_cloud.s3.localstack import LocalStack
from tests.integration.labelling_workshop import workshop  # noqa: F401 - a fixture


class RunningLabelStudio:
    """The session's Label Studio, which a test may kill and start again."""

    def __init__(self, folder: Path, s3_url: str) -> None:
        self.folder = folder
        self._s3_url = s3_url
        self._server = self._start()

    @property
    def access(self) -> LabelStudioAccess:
        return self._server.access

    def server_process(self) -> psutil.Process:
        port = int(self.access.url.rsplit(":", 1)[1])
        (listener,) = [
            each for each in psutil.net_connections("tcp") if each.status == "LISTEN" and each.laddr.port == port
        ]
        assert listener.pid is not None
        return psutil.Process(listener.pid)

    def kill_and_restart(self) -> None:
        self.server_process().kill()
        self._server.close()
        self._server = self._start()

    def close(self) -> None:
        self._server.close()

    def _start(self) -> LabelStudioServer:
        return LabelStudioServer(environments.LABEL_STUDIO, self.folder, s3_url=self._s3_url)


@pytest.fixture(scope="session")
def label_studio(localstack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLabelStudio]:
    running = RunningLabelStudio(tmp_path_factory.mktemp("label-studio"), localstack.url)
    yield running
    running.close()
