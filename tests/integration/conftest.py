"""The real services, started once per session."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from kit.local_cloud import environments
from kit.local_cloud.label_studio import LabelStudioAccess, LabelStudioServer
from kit.local_cloud.localstack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(environments.LOCALSTACK, tmp_path_factory.mktemp("localstack")) as running:
        yield running


@pytest.fixture(scope="session")
def s3(localstack: LocalStack) -> S3Client:
    return localstack.client()


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """A bucket of the test's own."""
    name = f"jumpstart-finetune-handson-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


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
