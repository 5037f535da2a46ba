"""What several tests of the detector share: a channel of drawn pictures, a quick training, a server of its model."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.detector.scenes import LABELS, write_channel

Train = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training channel of 12 pictures."""
    folder = tmp_path_factory.mktemp("channel")
    write_channel(folder, 12, seed=7)
    return folder


def run_training(base: Path, channel: Path, **hyperparameters: str) -> subprocess.CompletedProcess[str]:
    """`python -m detector train` as SageMaker runs it: its folders under `base`, hyperparameters as strings."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    values = {name.replace("_", "-"): value for name, value in hyperparameters.items()}
    (config / "hyperparameters.json").write_text(json.dumps(values))
    (base / "input" / "data").mkdir()
    (base / "input" / "data" / "training").symlink_to(channel)
    return subprocess.run(
        [sys.executable, "-m", "detector", "train"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(base)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="session")
def trained(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The base folder of a short training, and what it printed."""
    base = tmp_path_factory.mktemp("trained")
    settings = {"epochs": "8", "batch_size": "2", "adam_learning_rate": "0.002", "image_size": "192", "seed": "3"}
    done = run_training(base, channel, **settings, labels=json.dumps(LABELS))
    assert done.returncode == 0, done.stderr
    return base, done.stdout


class Server:
    """`python -m detector serve` in a process, reached over HTTP."""

    def __init__(self, base: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "detector", "serve"],
            env=os.environ
            | {"SAGEMAKER_BASE_DIR": str(base), "DETECTOR_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": str(self.port)}
            | environment,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{self.url}/ping").status_code == 200:
                    return
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise
            time.sleep(0.1)

    def ask(self, body: bytes, content_type: str = "application/x-image", accept: str | None = None) -> httpx.Response:
        headers = {"Content-Type": content_type} | ({"Accept": accept} if accept else {})
        return httpx.post(f"{self.url}/invocations", content=body, headers=headers, timeout=60)

    def stop(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


@pytest.fixture(scope="session")
def server(trained: tuple[Path, str]) -> Iterator[Server]:
    running = Server(trained[0])
    yield running
    running.stop()
