"""`docker-compose.yml`, held against every Compose at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.local_cloud.docker.services import COMPOSE_FILE

OWN = str(Path(sys.executable).with_name("docker-compose"))
SETTINGS = {
    "LABEL_STUDIO_DATA": "/tmp/data",  # noqa: S108 - nothing is written there
    "LABEL_STUDIO_PASSWORD": "long",
    "LABEL_STUDIO_USER_TOKEN": "token",
}


def at_hand() -> list[list[str]]:
    candidates = [["docker", "compose"], ["docker-compose"], [OWN]]
    there = [command for command in candidates if shutil.which(command[0])]
    return [command for command in there if subprocess.run([*command, "version"], capture_output=True).returncode == 0]


@pytest.fixture(params=at_hand(), ids=" ".join)
def compose(request: pytest.FixtureRequest) -> list[str]:
    command: list[str] = request.param
    return command


def configuration(compose: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")}
    return subprocess.run(
        [*compose, "-f", str(COMPOSE_FILE), "config"], env={**environment, **settings}, capture_output=True, text=True
    )


def test_the_file_is_accepted(compose: list[str]) -> None:
    accepted = configuration(compose, **SETTINGS)
    assert accepted.returncode == 0, accepted.stderr
    assert "warning" not in accepted.stderr.lower()
    assert "127.0.0.1" in accepted.stdout


def test_without_a_password_it_says_what_to_do(compose: list[str]) -> None:
    refused = configuration(compose)
    assert refused.returncode != 0
    assert "make up" in refused.stderr
