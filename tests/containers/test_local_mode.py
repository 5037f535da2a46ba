"""Where SageMaker local mode by itself would do wrong: see also tests/contract, which it passes as processes do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from kit.annotations.formats import coco
from kit.errors import SetupError
from kit.local_cloud.beside.cross_validation import detections
from kit.local_cloud.beside.lone_training import Example, train
from kit.local_cloud.container_files import ContainerDefinition, ContainerFiles
from kit.local_cloud.docker import local_mode_network
from kit.local_cloud.docker.base_image import BASE_IMAGE
from kit.local_cloud.docker.engine import Engine, Gpu, NoGpu
from kit.local_cloud.docker.leftovers import RUN_LABEL
from kit.local_cloud.docker.local_mode import LocalMode
from kit.local_cloud.docker.local_mode_containers import own
from kit.local_cloud.process import giving_way
from kit.local_cloud.training.jobs import TrainingJobs
from kit.run.folder import RunFolder
from kit.run.opening import locked
from kit.run.picture_set import SAMPLES
from tests.contract.runtimes import PLACE, DockerRuntime
from tests.contract.test_hosting import SERVER, archive_of, asked, deploy, requests_for, settled
from tests.contract.training import GOOD, LASTING, ended, put_data, request_for, wait_for_training
from tests.waiting import eventually

if TYPE_CHECKING:
    from docker.models.containers import Container
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.docker.services import LocalStackContainer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def runtime(s3: S3Client, bucket: str, tmp_path: Path) -> Iterator[DockerRuntime]:
    with locked(RunFolder(tmp_path)), DockerRuntime(tmp_path, s3, f"jumpstart-rehearsal/{bucket}:test") as runtime:
        yield runtime


def local_mode_containers(runtime: DockerRuntime) -> list[Container]:
    filters = {"label": f"jumpstart-rehearsal.run={runtime.run}"}
    found: list[Container] = runtime.engine.client.containers.list(all=True, filters=filters)
    return found


@pytest.mark.parametrize("status", [1, 130])
def test_a_failed_training_is_failed_whatever_its_exit_status(
    runtime: DockerRuntime, s3: S3Client, bucket: str, status: int
) -> None:
    """Local mode takes 130 for success, and uploads an archive, empty or not, after a failure."""
    put_data(s3, bucket)
    jobs = runtime.training(f"""{PLACE}
(base / "model/half").write_text("x")
(base / "output/failure").write_text("the disk of the camera is full")
raise SystemExit({status})
""")
    jobs.create_training_job(**request_for(bucket))
    job = ended(jobs)
    assert job["FailureReason"] == f"AlgorithmError: the disk of the camera is full, exit code: {status}"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="model/")


def test_an_image_that_is_not_there_is_told_without_asking_a_registry(
    runtime: DockerRuntime, s3: S3Client, bucket: str
) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(GOOD)
    algorithm = {"TrainingImage": "jumpstart-rehearsal/nothing:local", "TrainingInputMode": "File"}
    jobs.create_training_job(**request_for(bucket, AlgorithmSpecification=algorithm))
    assert "jumpstart-rehearsal/nothing:local is not on this machine's Docker engine" in ended(jobs)["FailureReason"]


def path_with(folder: Path, plugin: str, command: str | None = None) -> str:
    """A PATH on which Compose, as plugin and as command, says that it is of these versions, and can do no more."""
    real = shutil.which("docker")
    programs = {
        "docker": f'if [ "$1" = compose ]; then echo Docker Compose version {plugin}; else exec {real} "$@"; fi'
    }
    if command is not None:
        programs["docker-compose"] = f'[ "$1" = version ] && echo {command}'
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return os.pathsep.join([os.fspath(folder), os.environ["PATH"]])


@pytest.mark.parametrize("command", [None, "1.29.2"])
def test_a_compose_that_local_mode_cannot_use_is_made_up_for(
    runtime: DockerRuntime,
    s3: S3Client,
    bucket: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    command: str | None,
) -> None:
    """The SDK says of a plugin v5 that no Compose is installed: sagemaker-python-sdk#5739."""
    monkeypatch.setenv("PATH", path_with(tmp_path_factory.mktemp("path"), "v5.1.0", command))
    put_data(s3, bucket)
    jobs = runtime.training(GOOD)
    jobs.create_training_job(**request_for(bucket))
    job = ended(jobs)
    assert (job["TrainingJobStatus"], job.get("FailureReason")) == ("Completed", None)


def test_no_compose_that_local_mode_can_use_is_told(
    images: Engine, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path_with(tmp_path_factory.mktemp("path"), "v5.1.0", "1.29.2"))
    # An environment without a Compose of its own.
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SetupError, match=r"plugin Docker Compose version v5.1.0, command 1.29.2\): run `make setup`"):
        LocalMode(images, tmp_path, NoGpu("none"))


@pytest.mark.parametrize("name", ["with:colon", "with$dollar", "with#hash"])
def test_a_folder_that_cannot_be_mounted_is_told_beforehand(images: Engine, tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match=r"SageMaker local mode does not take the folder .*give RUNS one"):
        LocalMode(images, tmp_path / name, NoGpu("none"))


def test_a_folder_that_the_sdk_refuses_is_told_beforehand(images: Engine) -> None:
    with pytest.raises(SetupError, match=r"does not take the folder /var/lib/runs/x: give RUNS one outside /root"):
        LocalMode(images, Path("/var/lib/runs/x"), NoGpu("none"))


def test_an_endpoint_is_published_on_this_machine_only(runtime: DockerRuntime, s3: S3Client, bucket: str) -> None:
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
    assert settled(hosting)["EndpointStatus"] == "InService"
    (container,) = local_mode_containers(runtime)
    (bindings,) = container.attrs["NetworkSettings"]["Ports"].values()
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}


def test_a_network_that_would_show_an_endpoint_to_others_is_refused(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by the real name: other runs may be using that.
    name = f"sagemaker-local-{uuid.uuid4().hex}"
    monkeypatch.setattr(local_mode_network, "NETWORK", name)
    # As the SDK leaves it behind.
    network = images.client.networks.create(name, labels={"com.docker.compose.network": name})
    try:
        with pytest.raises(SetupError, match=f"remove it with `docker network rm {name}`"):
            LocalMode(images, tmp_path, NoGpu("none"))
        network.reload()
    finally:
        network.remove()


def test_the_last_of_two_runs_removes_the_network(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"sagemaker-local-{uuid.uuid4().hex}"
    monkeypatch.setattr(local_mode_network, "NETWORK", name)
    # Runs of others on this machine are no matter here.
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    with LocalMode(images, tmp_path / "first", NoGpu("none")):
        with LocalMode(images, tmp_path / "second", NoGpu("none")):
            pass
        local_mode_network.remove_network(images.client)
        assert images.client.networks.list(names=[name])
    assert not images.client.networks.list(names=[name])


def test_the_network_that_a_killed_run_left_is_removed(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"sagemaker-local-{uuid.uuid4().hex}"
    monkeypatch.setattr(local_mode_network, "NETWORK", name)
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    local_mode_network.require_network(images.client)
    local_mode_network.remove_network(images.client)
    assert not images.client.networks.list(names=[name])


def test_a_port_that_was_taken_meanwhile_is_told(images: Engine, tmp_path: Path) -> None:
    files = ContainerFiles(tmp_path / "plugs" / "ml")
    files.model.mkdir(parents=True)
    files.define_container(ContainerDefinition(BASE_IMAGE, {}))
    with LocalMode(images, tmp_path, NoGpu("none")) as local_mode, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            local_mode.serve,
            env={**os.environ, "SAGEMAKER_BASE_DIR": os.fspath(files.base), "SAGEMAKER_BIND_TO_PORT": port},
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert done.returncode == 1
    assert f"could not run {BASE_IMAGE}" in done.stdout
    assert "address already in use" in done.stdout


def test_a_gpu_that_the_engine_cannot_hand_over_is_told(
    images: Engine, s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    if "nvidia" in images.client.info()["Runtimes"]:
        pytest.skip("this engine can")
    put_data(s3, bucket)
    with LocalMode(images, tmp_path, Gpu("NVIDIA T4")) as local_mode:
        jobs = TrainingJobs(s3, tmp_path / "jobs", command=local_mode.train, manner=local_mode.manner)
        algorithm = {"TrainingImage": BASE_IMAGE, "TrainingInputMode": "File"}
        jobs.create_training_job(**request_for(bucket, AlgorithmSpecification=algorithm))
        job = ended(jobs)
        jobs.close()
    assert "could not select device driver" in job["FailureReason"]
    messages = [step["StatusMessage"] for step in job["SecondaryStatusTransitions"]]
    assert any("instance type local_gpu, GPU: NVIDIA T4" in message for message in messages)


@pytest.fixture
def proxy() -> Iterator[socket.socket]:
    """One that lets nothing through; whoever asks it waits to be accepted."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def test_nothing_is_asked_of_the_network(
    runtime: DockerRuntime, s3: S3Client, bucket: str, proxy: socket.socket, monkeypatch: Any
) -> None:
    """No telemetry, no STS, no instance metadata; even with credentials and settings that the shell may have."""
    put_data(s3, bucket)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    jobs = runtime.training(GOOD)
    jobs.create_training_job(**request_for(bucket))
    assert ended(jobs)["TrainingJobStatus"] == "Completed"
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
    assert settled(hosting)["EndpointStatus"] == "InService"
    assert asked(hosting)["model"] == "serve"
    with pytest.raises(BlockingIOError):
        proxy.accept()


DEPLOYING = textwrap.dedent("""
    import json, sys, time
    from pathlib import Path
    from kit.local_cloud.s3.localstack import s3_client
    from tests.contract.runtimes import DockerRuntime
    runtime = DockerRuntime(Path(sys.argv[1]), s3_client(sys.argv[2]), sys.argv[3])
    hosting = runtime.hosting(sys.argv[4])
    for operation, request in json.loads(sys.argv[5]).items():
        getattr(hosting, operation)(**request)
    while (status := hosting.describe_endpoint(EndpointName="plugs")["EndpointStatus"]) == "Creating":
        time.sleep(0.05)
    print(status, flush=True)
    if sys.argv[6:]:
        time.sleep(600)
""")


def deploying(runtime: DockerRuntime, localstack: LocalStackContainer, bucket: str, *more: str) -> list[Any]:
    runtime.s3.put_object(Bucket=bucket, Key="plugs/model.tar.gz", Body=archive_of({"orders": "serve"}))
    arguments = [runtime.run, localstack.url, runtime.image, SERVER, json.dumps(requests_for(bucket, "plugs"))]
    return [sys.executable, "-c", DEPLOYING, *arguments, *more]


def test_a_process_with_an_endpoint_up_ends_when_it_ends(
    runtime: DockerRuntime, localstack: LocalStackContainer, bucket: str
) -> None:
    done = subprocess.run(
        deploying(runtime, localstack, bucket), cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["InService"]
    eventually(lambda: not runtime.is_anything_running())


def test_an_endpoint_whose_every_process_was_killed_is_deleted_by_another(
    runtime: DockerRuntime, localstack: LocalStackContainer, bucket: str
) -> None:
    command = deploying(runtime, localstack, bucket, "stay")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as kit:
        assert kit.stdout is not None
        assert kit.stdout.readline().strip() == "InService"
        # The guard first: it would end the rest in an orderly way.
        processes = psutil.Process(kit.pid).children(recursive=True)
        for process in [*processes, kit]:
            process.send_signal(signal.SIGKILL)
    (orphan,) = local_mode_containers(runtime)
    assert orphan.status == "running"
    hosting = runtime.hosting(SERVER)
    assert asked(hosting)["model"] == "serve"
    assert orphan.id not in [container.id for container in local_mode_containers(runtime)]
    hosting.delete_endpoint(EndpointName="plugs")
    assert not local_mode_containers(runtime)


def test_nothing_stays_in_the_engine(s3: S3Client, bucket: str, tmp_path: Path) -> None:
    put_data(s3, bucket)
    with locked(RunFolder(tmp_path)), DockerRuntime(tmp_path, s3, f"jumpstart-rehearsal/{bucket}:test") as runtime:
        jobs = runtime.training(LASTING)
        jobs.create_training_job(**request_for(bucket))
        wait_for_training(runtime)
        hosting = runtime.hosting(SERVER)
        deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
        assert settled(hosting)["EndpointStatus"] == "InService"
        running = local_mode_containers(runtime)
        assert len(running) == 2
        # So that no volume can stay either; for the network there is a test of its own.
        assert {mount["Type"] for container in running for mount in container.attrs["Mounts"]} == {"bind"}
    assert not local_mode_containers(runtime)


def test_files_of_a_container_s_root_are_given_to_the_user(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ["sh", "-c", "mkdir -p /files/deep && echo x > /files/deep/file && chown -R 0:0 /files/deep"]
    images.client.containers.run(BASE_IMAGE, script, volumes=[f"{tmp_path}:/files"], remove=True)
    user, group = os.getuid(), os.getgid()
    if user == 0:
        # What this user is for the kit: nobody else can be had without root's help.
        user, group = 12_345, 23_456
        monkeypatch.setattr(os, "getuid", lambda: user)
        monkeypatch.setattr(os, "getgid", lambda: group)
    own(images.client, tmp_path)
    for path in (tmp_path / "deep", tmp_path / "deep/file"):
        assert (path.stat().st_uid, path.stat().st_gid) == (user, group)


def test_a_training_aside_from_any_job_gives_way_and_its_model_finds_something(images: Engine, tmp_path: Path) -> None:
    """As the assistant of those who label has it, whose programs are the run's."""
    stream = coco.read(SAMPLES / "train.coco.json")
    examples = [Example(each, SAMPLES / "train" / each.file_name) for each in stream.pictures if each.boxes][:4]
    began = int(time.time())
    with locked(RunFolder(tmp_path)), LocalMode(images, tmp_path, NoGpu("none")) as local_mode:
        settings = {"epochs": "1", "image-size": "96"}
        files = train(examples, stream.labels, settings, tmp_path / "aside", giving_way(local_mode.train))
        found = detections(files, examples[:1], stream.labels, giving_way(local_mode.serve))
        assert found[examples[0].picture.file_name]
        assert images.client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={tmp_path}"}) == []
    given_way = images.client.events(since=began, until=int(time.time()) + 1, filters={"event": "update"}, decode=True)
    assert {event["Actor"]["Attributes"]["jumpstart-rehearsal.files"] for event in given_way} == {str(files.base)}
