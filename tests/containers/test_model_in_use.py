"""The model of a run in containers, afterwards: behind `kit endpoint`, and as the guide's page `elsewhere` has it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.process import choose_port
from kit.repository import ROOT
from kit.run.picture_set import SAMPLES
from kit.settings import DOCKER
from tests.containers.conftest import everything
from tests.end_to_end import command
from tests.serving_endpoint import copy_of, kept_answer, served

PICTURE = sorted((SAMPLES / "held_out").glob("*.jpg"))[0]
COMMANDS = re.findall(r"^(?:docker run|curl) .+$", (ROOT / "docs" / "en" / "elsewhere.md").read_text(), re.M)


def the_same(answer: dict[str, Any], kept: dict[str, Any]) -> bool:
    """Of the best detections, for which the one may have been asked for more than the other."""
    count = min(len(answer["scores"]), len(kept["scores"]))
    assert count
    return all(answer[name][:count] == kept[name][:count] for name in ("normalized_boxes", "classes", "scores"))


def test_kit_endpoint_serves_it_in_a_container_and_leaves_none(images: Engine, rehearsal: Path, tmp_path: Path) -> None:
    before = everything(images)
    with served(copy_of(rehearsal, tmp_path / "here"), runtime=DOCKER) as running:
        there = everything(images) - before
        assert len([name for name in there if "algo-1" in name]) == 1, there
        found = command.kit(
            "detect", str(PICTURE), "--endpoint", running.name, "--endpoint-url", running.url,
            "--threshold", "0.05", "--out", "found.json", "--json", folder=running.folder,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout.splitlines()[0])["detections"]
        assert running.stop() == 0
    assert everything(images) == before
    assert command.processes_of(tmp_path) == []


def test_the_guides_commands_serve_the_exported_folder(images: Engine, rehearsal: Path, tmp_path: Path) -> None:
    port = choose_port(None, setting="")
    serve, ask = (line.replace(":8080:", f":{port}:").replace(":8080/", f":{port}/") for line in COMMANDS)
    exported = command.kit("export", "latest", "model", folder=tmp_path, runs=str(rehearsal / "runs"))
    assert exported.returncode == 0, exported.stderr
    shutil.copy(PICTURE, tmp_path / "photo.jpg")
    before = everything(images)
    container = subprocess.Popen(["sh", "-c", f"exec {serve}"], cwd=tmp_path)
    try:
        answered = command.wait_for(
            "an answer",
            lambda: container.poll() is not None or subprocess.run(
                ["sh", "-c", f"{ask} --fail --silent"], cwd=tmp_path, capture_output=True, text=True, check=False
            ).stdout,
        )  # fmt: skip
        assert isinstance(answered, str), "the container ended"
        assert the_same(json.loads(answered), kept_answer(rehearsal, PICTURE))
    finally:
        container.terminate()
        container.wait(command.PATIENCE_SECONDS)
    assert everything(images) == before
