"""The detector's serving program, as a process of its environment and as a container of its image."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol

import httpx

from kit.local_cloud import environments
from kit.local_cloud.docker.images import ensure_images, image_name
from tests.contract.runtimes import engine

_READY_SECONDS = 60


class Server(ABC):
    """A server of the model in `base`/model on a port of 127.0.0.1; starts on construction and returns when ready."""

    def __init__(self, base: Path, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        place = {"DETECTOR_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": str(self.port)}
        self._start(base, place | environment)
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers_ping():
            assert self.exit_status() is None, f"it ended with {self.exit_status()} before it was ready"
            assert time.monotonic() < deadline, f"it is not ready after {_READY_SECONDS} s"
            time.sleep(0.1)

    def ask(
        self,
        body: bytes,
        content_type: str = "application/x-image",
        accept: str | None = None,
        attributes: str | None = None,
    ) -> httpx.Response:
        said = {"Accept": accept, "X-Amzn-SageMaker-Custom-Attributes": attributes}
        headers = {"Content-Type": content_type} | {name: value for name, value in said.items() if value is not None}
        return httpx.post(f"{self.url}/invocations", content=body, headers=headers, timeout=60)

    @abstractmethod
    def exit_status(self) -> int | None:
        """None while it runs, 128 + the signal's number when a signal ended it."""

    @abstractmethod
    def terminate(self) -> None:
        """Sends SIGTERM."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _start(self, base: Path, environment: dict[str, str]) -> None: ...

    def _answers_ping(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ping").status_code == 200
        except httpx.TransportError:
            return False


class Serve(Protocol):
    """Starts a server of the trained model; it is ended after the test."""

    def __call__(self, **environment: str) -> Server: ...


class ProcessServer(Server):
    def exit_status(self) -> int | None:
        status = self._process.poll()
        return 128 - status if status is not None and status < 0 else status

    def terminate(self) -> None:
        self._process.terminate()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _start(self, base: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            environments.SERVE, env={**os.environ, "SAGEMAKER_BASE_DIR": os.fspath(base), **environment}
        )


class ContainerServer(Server):
    """In this machine's network: the ports that Docker publishes take connections that nobody answers."""

    def exit_status(self) -> int | None:
        self._container.reload()
        return None if self._container.status in ("created", "running") else self._container.wait()["StatusCode"]

    def terminate(self) -> None:
        self._container.kill(signal.SIGTERM.name)

    def close(self) -> None:
        self._container.remove(force=True, v=True)

    def _start(self, base: Path, environment: dict[str, str]) -> None:
        ensure_images(engine(), ["inference"])
        self._container = engine().client.containers.run(
            image_name("inference"),
            ["serve"],
            environment=environment,
            volumes=[f"{base / 'model'}:/opt/ml/model:ro"],
            network_mode="host",
            detach=True,
        )


SERVERS: dict[str, type[Server]] = {"process": ProcessServer, "docker": ContainerServer}
