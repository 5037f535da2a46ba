"""`kit local` in containers: the same run as in processes, and nothing of it stays on the machine."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kit.console import Console
from kit.detection.request import accept
from kit.errors import ServiceError
from kit.local_cloud import cloud
from kit.local_cloud.docker.base_image import BASE_IMAGE
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.model_archive import unpack
from kit.run.picture_set import SAMPLES
from kit.settings import AUTO, DOCKER, LocalSettings, ResolvedSettings
from kit.stages.detection import N_PREDICTIONS
from kit.tracks import local as local_track
from tests.containers.test_services import in_the_engine
from tests.contract.servers import ProcessServer
from tests.end_to_end import command
from tests.end_to_end.few_samples import TRAIN
from tests.end_to_end.test_bad_input import line_with, picture
from tests.end_to_end.test_resume import QUICK

# Of scores and of boxes, which run from 0 to 1.
ROUNDING = 1e-4
# The failure, and all that a run has to do to end after it.
SECONDS_TO_STOP = 10


def test_the_run_says_that_it_was_in_containers_and_why(rehearsal: Path) -> None:
    summary = command.summary(rehearsal)
    assert (summary["track"], summary["runtime"], summary["left_behind"]) == ("local", "docker", [])
    assert re.match(
        r"Docker \d+\.\d+.*; training in a container, by SageMaker local mode, "
        r"instance type (local, no GPU: .+|local_gpu, GPU: .+)",
        summary["runtime_reason"],
    )
    assert f"Runtime: docker ({summary['runtime_reason']})" in (rehearsal / "output.txt").read_text()
    assert (summary["images"], summary["labelled"], summary["boxes"]) == (35, 35, 89)
    assert summary["map50"] is not None


def test_nothing_goes_on_and_no_file_is_another_user_s(rehearsal: Path) -> None:
    assert command.processes_of(rehearsal) == []
    assert {path.lstat().st_uid for path in rehearsal.rglob("*")} == {os.getuid()}
    assert len(list((command.latest(rehearsal) / "detections").iterdir())) == 65


def test_a_process_finds_the_same_with_the_same_model(rehearsal: Path, tmp_path: Path) -> None:
    results = command.latest(rehearsal) / "results"
    unpack(results / "model.tar.gz", tmp_path / "model")
    server = ProcessServer(tmp_path, {})
    try:
        lines = (results / "detections.jsonl").read_text().splitlines()
        assert len(lines) == 65
        for line in lines:
            entry = json.loads(line)
            body = (SAMPLES / "held_out" / entry["picture"]).read_bytes()
            found, before = server.ask(body, accept=accept(N_PREDICTIONS)).json(), entry["answer"]
            assert found["labels"] == before["labels"]
            assert found["classes"] == before["classes"], entry["picture"]
            for numbers in ("scores", "normalized_boxes"):
                np.testing.assert_allclose(found[numbers], before[numbers], atol=ROUNDING, err_msg=entry["picture"])
    finally:
        server.close()


def test_killed_in_containers_it_goes_on_in_them(images: Engine, tmp_path: Path) -> None:
    """Killed as hard as can be where most is running; the second time without being told the runtime."""
    attempts = {"labelling": 1, "training": 1}
    for stage, runtime in (("labelling", DOCKER), ("training", AUTO)):
        kit = command.start("local", folder=tmp_path, few_samples=True, runtime=runtime, **QUICK)
        command.wait_for(stage, lambda stage=stage: attempts_at(tmp_path, stage))
        os.killpg(kit.pid, signal.SIGKILL)
        kit.wait()
        attempts[stage] += command.journal(tmp_path)["stages"][stage]["state"] != "finished"
    done = command.kit("local", folder=tmp_path, few_samples=True, runtime=AUTO, **QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    stages = command.journal(tmp_path)["stages"]
    assert {stage: stages[stage]["attempts"] for stage in attempts} == attempts
    summary = command.summary(tmp_path)
    assert (summary["runtime"], summary["labelled"], summary["left_behind"]) == ("docker", TRAIN, [])
    assert in_the_engine(images, command.latest(tmp_path)) == []
    command.wait_for("its processes to end", lambda: not command.processes_of(tmp_path))


def attempts_at(folder: Path, stage: str) -> int:
    if not (folder / "runs" / "latest" / "journal.json").exists():
        return 0
    return int(command.journal(folder)["stages"].get(stage, {"attempts": 0})["attempts"])


FAILING = """
import pathlib, time
pathlib.Path("/opt/ml/output/failure").write_text("the pictures are all black")
print("failed at", time.time(), flush=True)
raise SystemExit({status})
"""


@pytest.fixture
def runs(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """A folder for runs whose training image leaves no model and ends with the status that is the parameter."""
    tag = f"jumpstart-rehearsal/{tmp_path.name.lower()}:test"
    entrypoint = json.dumps(["python3", "-c", FAILING.format(status=request.param)])
    dockerfile = f"FROM {BASE_IMAGE}\nENTRYPOINT {entrypoint}\n"
    image, _ = images.client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=tag, rm=True)
    monkeypatch.setattr(cloud, "ALGORITHM", dataclasses.replace(cloud.ALGORITHM, training_image=tag))
    yield tmp_path / "runs"
    images.client.images.remove(image.id, force=True)


@pytest.mark.parametrize("runs", [0, 3], ids=["no model", "failure"], indirect=True)
def test_a_training_container_without_a_model_stops_the_run_with_its_reason(
    images: Engine, runs: Path, tmp_path: Path
) -> None:
    names = ("a.jpg", "b.jpg", "c.jpg")
    for name in names:
        picture(tmp_path / "pictures", name)
    lines = [json.dumps({**line_with("cat"), "source-ref": f"s3://bucket/{name}"}) for name in names]
    manifest = tmp_path / "output.manifest"
    manifest.write_text("\n".join(lines) + "\n")
    settings = LocalSettings(runs=runs, runtime=DOCKER, images=tmp_path / "pictures", annotations=manifest)
    with pytest.raises(ServiceError, match="the pictures are all black") as stopped:
        local_track.run(ResolvedSettings(settings, {}), Console())
    seconds = time.time() - float(re.search(r"failed at ([0-9.]+)", str(stopped.value))[1])  # type: ignore[index]
    assert seconds < SECONDS_TO_STOP
    assert in_the_engine(images, (runs / "latest").resolve()) == []
