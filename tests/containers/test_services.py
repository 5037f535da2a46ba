"""LocalStack and Label Studio in containers: who reaches them, what outlives them, and that nothing stays behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kit.errors import SetupError
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.docker.services import ContainerServices, LocalStackContainer, project_name
from kit.local_cloud.s3 import mirror as s3_mirror
from kit.run.folder import RunFolder, is_abandoned
from kit.run.opening import locked
from tests.containers.conftest import RunningLabelStudio
from tests.waiting import eventually

IN_ANOTHER_PROCESS = """
import sys, time
from pathlib import Path
from kit.local_cloud.docker.services import ContainerServices, LocalStackContainer
from kit.local_cloud.docker.engine import require_engine
run = Path(sys.argv[1])
LocalStackContainer(ContainerServices(require_engine(), run, run / "cloud"))
print("up", flush=True)
time.sleep(600)
"""


def in_the_engine(engine: Engine, folder: Path) -> list[str]:
    label = {"label": f"{leftovers.RUN_LABEL}={folder}"}
    return [
        *(each.name for each in engine.client.containers.list(all=True, filters=label, ignore_removed=True)),
        *(each.name for each in engine.client.networks.list(filters=label)),
        *(each.name for each in engine.client.volumes.list(filters=label)),
    ]


def test_only_this_machine_reaches_the_services(
    services: ContainerServices, localstack: LocalStackContainer, label_studio: RunningLabelStudio
) -> None:
    ports = {localstack.port, int(label_studio.access.url.rsplit(":", 1)[1])}
    published = set()
    for _, container in leftovers.containers(services.engine):
        if container.labels[leftovers.RUN_LABEL] == str(services.run):
            for bindings in container.attrs["NetworkSettings"]["Ports"].values():
                published |= {(each["HostIp"], int(each["HostPort"])) for each in bindings or ()}
    assert published == {("127.0.0.1", port) for port in ports}
    addresses = {
        each.address
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family == socket.AF_INET and not each.address.startswith("127.")
    }
    assert addresses
    for address in addresses:
        for port in ports:
            with socket.socket() as stranger:
                stranger.settimeout(5)
                assert stranger.connect_ex((address, port)) != 0


@pytest.mark.usefixtures("localstack", "label_studio")
def test_compose_finds_the_services_healthy(services: ContainerServices) -> None:
    mine = [c for run, c in leftovers.containers(services.engine) if run == services.run]
    assert len(mine) == 2

    def health() -> set[str]:
        for container in mine:
            container.reload()
        return {container.attrs["State"]["Health"]["Status"] for container in mine}

    eventually(lambda: health() == {"healthy"}, timeout=120)


def test_s3_answers_to_no_name_of_the_internet(localstack: LocalStackContainer) -> None:
    for host, status in (("attacker.example", 403), ("localstack:4566", 200)):
        connection = http.client.HTTPConnection("127.0.0.1", localstack.port, timeout=30)
        connection.request("GET", "/_localstack/health", headers={"Host": host})
        assert connection.getresponse().status == status
        connection.close()


def test_label_studio_s_files_are_the_user_s_and_private(label_studio: RunningLabelStudio) -> None:
    assert {path.stat().st_uid for path in label_studio.folder.rglob("*")} == {os.getuid()}
    assert label_studio.folder.stat().st_mode & 0o077 == 0
    logged = "".join(str(c.logs()) for run, c in leftovers.containers(label_studio.services.engine))
    assert logged
    assert label_studio.access.password not in logged
    assert label_studio.access.token not in logged


def test_objects_come_back_from_the_mirror(images: Engine, tmp_path: Path) -> None:
    mirror = tmp_path / "s3"
    for start in range(2):
        with (
            locked(RunFolder(tmp_path)),
            ContainerServices(images, tmp_path, tmp_path / "cloud") as services,
            LocalStackContainer(services) as localstack,
        ):
            s3 = localstack.client()
            if start == 0:
                s3.create_bucket(Bucket="pictures")
                s3.put_object(Bucket="pictures", Key="a/ü b.jpg", Body=b"\xff\xd8 a picture", ContentType="image/jpeg")
                s3_mirror.save(s3, mirror)
            else:
                assert s3.list_buckets()["Buckets"] == []
                s3_mirror.restore(s3, mirror)
                answer = s3.get_object(Bucket="pictures", Key="a/ü b.jpg")
                assert (answer["Body"].read(), answer["ContentType"]) == (b"\xff\xd8 a picture", "image/jpeg")
        assert in_the_engine(images, tmp_path) == []
    assert "Ready" in (tmp_path / "cloud" / "localstack.log").read_text()


def test_one_that_was_killed_is_started_again_at_its_address(images: Engine, tmp_path: Path) -> None:
    with (
        locked(RunFolder(tmp_path)),
        ContainerServices(images, tmp_path, tmp_path / "cloud") as services,
        LocalStackContainer(services) as localstack,
    ):
        s3 = localstack.client()
        s3.create_bucket(Bucket="forgotten")
        (container,) = [each for run, each in leftovers.containers(images) if run == services.run]
        container.kill()
        eventually(lambda: localstack.service.exit_status() == 137)
        localstack.restart()
        assert localstack.service.exit_status() is None
        assert s3.list_buckets()["Buckets"] == []
    assert in_the_engine(images, tmp_path) == []


def killed_kit(folder: Path) -> None:
    """Leaves what a kit leaves that was killed with LocalStack running."""
    with subprocess.Popen([sys.executable, "-c", IN_ANOTHER_PROCESS, folder], stdout=subprocess.PIPE, text=True) as kit:
        assert kit.stdout is not None
        assert kit.stdout.readline() == "up\n"
        kit.send_signal(signal.SIGKILL)


def test_the_same_run_goes_on_after_a_kill(images: Engine, tmp_path: Path) -> None:
    with locked(RunFolder(tmp_path)):
        killed_kit(tmp_path)
        before = in_the_engine(images, tmp_path)
        assert len(before) == 2
        with ContainerServices(images, tmp_path, tmp_path / "cloud") as services, LocalStackContainer(services) as s3:
            s3.client().create_bucket(Bucket="again")
        assert in_the_engine(images, tmp_path) == []


def test_a_sweep_takes_the_dead_and_leaves_the_living(
    images: Engine, services: ContainerServices, tmp_path: Path
) -> None:
    killed_kit(tmp_path)
    living = in_the_engine(images, services.run)
    swept = leftovers.sweep(images, lambda folder: is_abandoned(folder, tmp_path.parent))
    assert swept == [tmp_path]
    assert in_the_engine(images, tmp_path) == []
    assert in_the_engine(images, services.run) == living


@pytest.mark.parametrize("setting", ["S3_PORT", "LABEL_STUDIO_PORT"])
def test_a_taken_port_is_told(images: Engine, tmp_path: Path, setting: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SetupError, match=f"Port {port} of 127.0.0.1 is taken.*{setting}"):
            ContainerServices(images, tmp_path, tmp_path, **{setting.lower(): port})


def test_a_port_taken_at_the_last_moment_is_told(images: Engine, tmp_path: Path) -> None:
    with socket.socket() as listener, locked(RunFolder(tmp_path)):
        with ContainerServices(images, tmp_path, tmp_path) as services:
            listener.bind(("127.0.0.1", services.s3_port))
            listener.listen()
            with pytest.raises(SetupError, match=f"Port {services.s3_port} of 127.0.0.1 is taken"):
                LocalStackContainer(services)
        assert in_the_engine(images, tmp_path) == []


def test_an_image_that_cannot_be_had_is_told(images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALSTACK_IMAGE", "127.0.0.1:9/localstack:none")
    with (
        locked(RunFolder(tmp_path)),
        ContainerServices(images, tmp_path, tmp_path) as services,
        pytest.raises(SetupError, match="LOCALSTACK_IMAGE"),
    ):
        LocalStackContainer(services)


def test_projects_of_two_checkouts_have_two_names() -> None:
    one, two = project_name(Path("/a/runs/20261122-Local")), project_name(Path("/b/runs/20261122-Local"))
    assert one.startswith("jumpstart-rehearsal-20261122-local-")
    assert one != two
