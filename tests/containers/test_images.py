"""What is in the images, and when they are built anew."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from kit.errors import SetupError
from kit.local_cloud.docker import images as images_module
from kit.local_cloud.docker.base_image import BASE_IMAGE, make_base_image
from kit.local_cloud.docker.engine import Engine, NoGpu, probe_gpu
from kit.local_cloud.docker.images import IMAGE_LABEL, RECIPES, Recipe, ensure_images, image_name, remove_images

LARGEST_INFERENCE_IMAGE = 400_000_000


def output_of(engine: Engine, image: str, *command: str) -> str:
    first, *others = command
    printed = engine.client.containers.run(
        image_name(image), others, entrypoint=[first], remove=True, network_mode="none", stderr=True
    )
    return str(printed.decode())


def test_the_inference_image_is_small_and_has_no_pytorch(images: Engine) -> None:
    assert images.client.images.get(image_name("inference")).attrs["Size"] < LARGEST_INFERENCE_IMAGE
    with pytest.raises(docker.errors.ContainerError, match=r"ModuleNotFoundError: No module named .*torch"):
        output_of(images, "inference", "python", "-c", "import torch")
    assert output_of(images, "training", "python", "-c", "import torch; print(torch.__version__)").startswith("2.")


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_entrypoint_is_a_program_and_no_shell(images: Engine, name: str) -> None:
    entrypoint = images.client.images.get(image_name(name)).attrs["Config"]["Entrypoint"]
    assert entrypoint[0] in ("python", "start")


@pytest.mark.parametrize("name", ["inference", "localstack", "label-studio"])
def test_services_do_not_run_as_root(images: Engine, name: str) -> None:
    assert output_of(images, name, "id", "-u").strip() == "1001"


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_python_is_debian_s(images: Engine, name: str) -> None:
    code = "import sys; print(sys.version_info[:2], sys.base_prefix)"
    assert output_of(images, name, "python", "-c", code).strip() == "(3, 11) /usr"
    assert "VERSION_CODENAME=bookworm" in output_of(images, name, "cat", "/etc/os-release")


def test_train_without_input_leaves_its_reason_where_sagemaker_looks(images: Engine) -> None:
    container = images.client.containers.create(image_name("training"), ["train"], network_mode="none")
    try:
        container.start()
        assert container.wait()["StatusCode"] != 0
        stream, _ = container.get_archive("/opt/ml/output/failure")
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
            member = archive.extractfile("failure")
            assert member is not None
            assert "training" in member.read().decode()
    finally:
        container.remove(force=True)


def test_serve_without_a_model_ends_with_a_sentence(images: Engine) -> None:
    with pytest.raises(docker.errors.ContainerError, match="the model in /opt/ml/model cannot be loaded") as failed:
        images.client.containers.run(image_name("inference"), ["serve"], remove=True, network_mode="none")
    assert "Traceback" not in str(failed.value)


def test_nothing_is_built_twice(images: Engine) -> None:
    before = {name: images.client.images.get(image_name(name)).id for name in RECIPES}
    said: list[str] = []
    ensure_images(images, say=said.append)
    assert said == []
    assert {name: images.client.images.get(image_name(name)).id for name in RECIPES} == before


def test_an_image_of_the_vendor_is_not_built(images: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALSTACK_IMAGE", "localstack/localstack:4.14.0")
    assert image_name("localstack") == "localstack/localstack:4.14.0"
    said: list[str] = []
    ensure_images(images, ["localstack"], say=said.append)
    assert said == []


@pytest.fixture
def tiny(images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository with one small image, `tiny`; yields its folder."""
    monkeypatch.setattr(images_module, "ROOT", tmp_path)
    monkeypatch.setattr(images_module, "RECIPES", {"tiny": Recipe("tiny.lock")})
    folder = tmp_path / "containers" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "tiny.lock").write_text(
        "h11==0.16.0 --hash=sha256:63cf8bbe7522de3bf65932fda1d9c2772064ffb3dae62d55932da54b31cb6c86\n"
    )
    (folder / "greeting").write_text("hello\n")
    (folder / "Dockerfile").write_text(
        f"FROM {BASE_IMAGE}\nLABEL {IMAGE_LABEL}=tiny\nCOPY containers/tiny/greeting /\nCOPY packages /packages\n"
        "USER 1001\n"
    )
    yield folder
    for image in images.client.images.list("jumpstart-rehearsal/tiny"):
        images.client.images.remove(image.id, force=True)


def test_a_changed_input_replaces_the_image(images: Engine, tiny: Path) -> None:
    (tiny / "greeting").chmod(0o600)
    ensure_images(images, ["tiny"])
    first = images.client.images.get(image_name("tiny")).id
    # Whatever the umask of the checkout, the image's user can read.
    assert output_of(images, "tiny", "cat", "/greeting") == "hello\n"
    installed = output_of(images, "tiny", "ls", "/packages/lib/python3.11/site-packages")
    assert installed.split() == ["h11", "h11-0.16.0.dist-info"]

    (tiny / "greeting").write_text("good evening\n")
    ensure_images(images, ["tiny"])
    assert output_of(images, "tiny", "cat", "/greeting") == "good evening\n"
    with pytest.raises(docker.errors.ImageNotFound):
        images.client.images.get(first)


def test_a_build_has_no_network(images: Engine, tiny: Path) -> None:
    (tiny / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nRUN ls /sys/class/net | tee /interfaces\nUSER 1001\n")
    ensure_images(images, ["tiny"])
    assert output_of(images, "tiny", "cat", "/interfaces").split() == ["lo"]


def test_a_failing_build_shows_its_end(images: Engine, tiny: Path) -> None:
    (tiny / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nRUN echo what went wrong; exit 7\n")
    with pytest.raises(SetupError, match=r"(?s)tiny:local cannot be built.*what went wrong"):
        ensure_images(images, ["tiny"])


def test_a_full_disk_is_told(images: Engine, tiny: Path) -> None:
    # A file system of 64 MB, which the engine gives every container.
    (tiny / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nRUN head -c 100M /dev/zero > /dev/shm/full\n")
    with pytest.raises(SetupError, match="disk of the Docker engine is full while jumpstart-rehearsal/tiny:local"):
        ensure_images(images, ["tiny"])


def nameless(engine: Engine, label: str) -> list[str]:
    return [image.id for image in engine.client.images.list(filters={"label": label, "dangling": True})]


def test_what_a_failed_build_has_left_goes_with_the_next_that_succeeds(images: Engine, tiny: Path) -> None:
    good = (tiny / "Dockerfile").read_text()
    (tiny / "Dockerfile").write_text(good + "USER 0\nRUN touch /made\nRUN exit 7\n")
    with pytest.raises(SetupError):
        ensure_images(images, ["tiny"])
    assert nameless(images, f"{IMAGE_LABEL}=tiny")
    (tiny / "Dockerfile").write_text(good)
    ensure_images(images, ["tiny"])
    assert nameless(images, f"{IMAGE_LABEL}=tiny") == []


def test_removal_takes_what_failed_builds_have_left_too(
    images: Engine, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other images stay for the other tests.
    label = "jumpstart-rehearsal.test-image"
    monkeypatch.setattr(images_module, "IMAGE_LABEL", label)
    good = (tiny / "Dockerfile").read_text().replace(IMAGE_LABEL, label)
    (tiny / "Dockerfile").write_text(good)
    ensure_images(images, ["tiny"])
    (tiny / "Dockerfile").write_text(good + "USER 0\nRUN touch /made\nRUN exit 7\n")
    with pytest.raises(SetupError):
        ensure_images(images, ["tiny"])
    assert nameless(images, label)
    monkeypatch.setattr(images_module, "BASE_IMAGE", "jumpstart-rehearsal/no-such-image:local")
    remove_images(images)
    assert images.client.images.list("jumpstart-rehearsal/tiny") == []
    assert nameless(images, label) == []


@pytest.fixture
def no_base(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine, as if it had no base image, and no registry were there to pull one from."""
    monkeypatch.setattr(images_module, "has_base_image", lambda _: False)
    monkeypatch.setenv("DEBIAN_IMAGE", "127.0.0.1:9/debian:none")
    return engine


def test_a_base_that_no_registry_gives_says_how_to_make_it(
    no_base: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:9/debian:none: install mmdebstrap and run `make base-image`"):
        ensure_images(no_base)
    with pytest.raises(SetupError, match="apt-get install mmdebstrap"):
        make_base_image(no_base)


def test_debian_s_packages_out_of_reach_are_told(
    no_base: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "mmdebstrap"
    tool.write_text("#!/bin/sh\necho 'E: apt-get update failed' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    said: list[str] = []
    with pytest.raises(SetupError, match=r"apt-get update failed.*connect to a mirror of Debian"):
        ensure_images(no_base, say=said.append)
    # The change of plan is told, not made in silence.
    assert any("made from Debian's packages" in line for line in said)


def test_an_image_for_another_architecture_is_told(images: Engine) -> None:
    elsewhere = dataclasses.replace(images, architecture="arm64")
    with pytest.raises(SetupError, match=r"base:local is built for amd64, this engine runs arm64: remove it"):
        ensure_images(elsewhere)


def test_a_gpu_without_the_toolkit_is_told_from_no_gpu(
    images: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "nvidia" in images.client.info()["Runtimes"]:
        pytest.skip("This engine has the NVIDIA toolkit.")
    monkeypatch.setenv("PATH", str(tmp_path))
    none = probe_gpu(images, image_name("training"))
    assert isinstance(none, NoGpu)
    assert "no NVIDIA GPU" in none.reason

    (tmp_path / "nvidia-smi").touch(mode=0o755)
    without = probe_gpu(images, image_name("training"))
    assert isinstance(without, NoGpu)
    assert "install nvidia-container-toolkit" in without.reason
    assert images.client.containers.list(all=True, filters={"ancestor": image_name("training")}) == []
