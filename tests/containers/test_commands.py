"""`make up`, `make ps`, `make logs`, `make down`."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from kit.commands.services import services
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.process import choose_port


def test_services_by_hand(images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_RUNS", str(tmp_path))
    for setting in ("S3_PORT", "LABEL_STUDIO_PORT"):
        monkeypatch.setenv(f"KIT_{setting}", str(choose_port(None, setting=setting)))
    run = CliRunner()
    try:
        up = run.invoke(services, "up", catch_exceptions=False).output
        address = re.search(r"Label Studio: (http://127\.0\.0\.1:\d+)", up)
        assert address is not None
        assert "password" in up
        assert httpx.get(f"{address[1]}/user/login/", trust_env=False).status_code == 200

        listed = run.invoke(services, "ps", catch_exceptions=False).output
        assert len(re.findall(rf"services.* running .*{tmp_path}/services", listed)) == 2
        logs = run.invoke(services, "logs", catch_exceptions=False).output
        assert "hypercorn" in logs
        assert "/label-studio/data" in logs
    finally:
        down = run.invoke(services, "down", catch_exceptions=False)
    assert down.exit_code == 0
    assert tmp_path / "services" not in leftovers.runs(images)
