"""TRAINER=own pushes images: to a real registry that wants a sign-in, as ECR does."""

from __future__ import annotations

import io
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests

from kit.aws.own_trainer import push_with
from kit.errors import ServiceError
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.process import GuardedProcess, child_environment, choose_port, wait_until_ready

USER, PASSWORD = "AWS", "of the test"
# bcrypt of PASSWORD; a registry takes no other.
HTPASSWD = f"{USER}:$2b$05$mSQlotLpepS/G0R7oMnTtuI.ycWJW1IcqyQXULaVnyc9p1xHBKB0G\n"
CONFIGURATION = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/images}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of Docker's own registry, as Debian packages it; it is empty."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("there is no docker-registry on this machine (a Debian package)")
    port = choose_port(None, setting="the registry")
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    (tmp_path / "config.yml").write_text(CONFIGURATION.format(folder=tmp_path, port=port))
    process = GuardedProcess(
        "registry",
        [program, "serve", str(tmp_path / "config.yml")],
        environment=child_environment({}),
        log=tmp_path / "registry.log",
    )
    address = f"127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"http://{address}/v2/", timeout=5).status_code == requests.codes.unauthorized
        except requests.ConnectionError:
            return False

    try:
        wait_until_ready(process, answers, timeout=60)
        yield address
    finally:
        process.stop()


@pytest.fixture
def image(engine: Engine) -> Iterator[str]:
    """The name of an image of one small file."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        member = tarfile.TarInfo("file")
        member.size = 5
        files.addfile(member, io.BytesIO(b"small"))
    name = f"kit-test-{uuid.uuid4().hex[:8]}"
    engine.client.api.import_image_from_data(archive.getvalue(), repository=name, tag="local")
    yield f"{name}:local"
    engine.client.images.remove(f"{name}:local", force=True)


def test_an_image_arrives_in_the_registry_and_leaves_no_name_here(engine: Engine, image: str, registry: str) -> None:
    push = push_with(engine, lambda _name: image)
    push("training", f"{registry}/plugs/training", "1", {"username": USER, "password": PASSWORD})
    manifest = requests.get(
        f"http://{registry}/v2/plugs/training/manifests/1",
        auth=(USER, PASSWORD),
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        timeout=30,
    )
    manifest.raise_for_status()
    assert manifest.json()["config"]["digest"] == engine.client.images.get(image).id
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(f"{registry}/plugs/training:1")


def test_a_refused_sign_in_is_told(engine: Engine, image: str, registry: str) -> None:
    push = push_with(engine, lambda _name: image)
    with pytest.raises(ServiceError, match=rf"Image {registry}/plugs/training:1 could not be pushed: .*; try again\."):
        push("training", f"{registry}/plugs/training", "1", {"username": USER, "password": "another"})
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(f"{registry}/plugs/training:1")
