"""One endpoint: its model fetched and unpacked, its process started, watched and ended."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from kit import stopping
from kit.errors import KitError
from kit.local_cloud.container_files import ContainerDefinition, ContainerFiles
from kit.local_cloud.hosting.model_server import SHARING_CORES, ModelServer
from kit.local_cloud.model_archive import unpack
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REASON_LIMIT = 1024
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Deployment:
    """Model and configuration of an endpoint, as they were when it was created."""

    endpoint: str
    variant: str
    model_data: str
    image: str
    environment: Mapping[str, str]
    startup_timeout: float


class Endpoint:
    """Brings a deployment up in a thread of its own.

    Args:
        folder: of this endpoint alone. A model that was unpacked there before is served without fetching it again.
        command: the program that keeps SageMaker's inference contract, with its arguments.
        report: told `InService`, or `Failed` and why.
    """

    def __init__(
        self,
        s3: S3Client,
        deployment: Deployment,
        folder: Path,
        command: Sequence[str | os.PathLike[str]],
        *,
        report: Callable[[str, str | None], None],
    ) -> None:
        self._s3 = s3
        self._deployment = deployment
        self._folder = folder
        self._command = command
        self._report = report
        self._server: ModelServer | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=deployment.endpoint, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        """Returns when it is in service or has failed."""
        while self._thread.is_alive():
            stopping.pause(_POLL_SECONDS)

    def server(self) -> ModelServer | None:
        with self._lock:
            return self._server

    def close(self) -> None:
        """Ends the process; reports nothing any more."""
        with self._lock:
            self._closed = True
            server = self._server
        if server is not None:
            server.close()
        self._thread.join()

    def _run(self) -> None:
        status: str = "Failed"
        reason: str | None = "A bug of the local cloud; see its traceback."
        try:
            self._bring_up()
            status, reason = "InService", None
        except (KitError, ClientError, BotoCoreError, Boto3Error, OSError) as error:
            reason = self._reason(error)
        finally:
            if reason is not None and self._server is not None:
                self._server.close()
            with self._lock:
                if not self._closed:
                    self._report(status, reason)

    def _bring_up(self) -> None:
        files = ContainerFiles(self._folder / "ml")
        if not files.model.exists():
            archive = self._folder / "model.tar.gz"
            self._folder.mkdir(parents=True, exist_ok=True)
            self._s3.download_file(*bucket_and_key(self._deployment.model_data), str(archive))
            unpack(archive, files.model)
            archive.unlink()
        environment = {**SHARING_CORES, **self._deployment.environment}
        files.define_container(ContainerDefinition(self._deployment.image, environment))
        with self._lock:
            if self._closed:
                return
            server = self._server = ModelServer(
                f"Endpoint {self._deployment.endpoint}",
                files.base,
                self._command,
                environment=environment,
                log=self._folder / "endpoint.log",
            )
        server.wait_until_ready(self._deployment.startup_timeout)

    def _reason(self, error: Exception) -> str:
        if self._server is None:
            reason = f"The model {self._deployment.model_data} could not be made ready: {error}"
        else:
            reason = (
                f"The primary container for production variant {self._deployment.variant} did not pass the ping "
                f"health check: {error}"
            )
        return reason[:_REASON_LIMIT]


def remove_files(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
