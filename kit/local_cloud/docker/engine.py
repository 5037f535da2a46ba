"""The Docker engine of this machine: whether it can be used, and if not, why and what to do."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException
from docker.types import DeviceRequest

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud.docker.compose import Compose, find_compose

# The engine of Debian 12, the oldest that the kit is tested with (20.10).
_OLDEST_API = (1, 41)
_ANSWER_SECONDS = 600
_CONNECT_SECONDS = 10
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
# For a Python with PyTorch: prints the GPU's name when CUDA computes, and exits so when PyTorch is built without.
NO_CUDA_EXIT = 3
CUDA_PROBE = f"""
import sys, torch
if torch.version.cuda is None:
    sys.exit({NO_CUDA_EXIT})
torch.ones(1, device="cuda").sum().item()
print(torch.cuda.get_device_name(0))
"""


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers, with a Compose that suits it.

    Attributes:
        client: of the docker SDK; safe to share between threads.
        version: the engine's own, "20.10.24".
        architecture: of its images, in Docker's words: "amd64", "arm64".
        rootless: whether root in a container is the engine's user outside.
        compose: the command that speaks to it.
    """

    client: docker.DockerClient = field(repr=False)
    version: str
    architecture: str
    rootless: bool
    compose: Compose


@dataclass(frozen=True)
class NoEngine:
    """There is no engine to use; `reason` is one sentence that also says what to do."""

    reason: str


@dataclass(frozen=True)
class Gpu:
    """A CUDA GPU that works inside a container, by its name ("NVIDIA H200")."""

    name: str


@dataclass(frozen=True)
class NoGpu:
    """No CUDA GPU works inside a container; `reason` is one sentence."""

    reason: str


def otherwise() -> str:
    """The way out for those who cannot have what a message asks for, to end it with."""
    return _("or choose RUNTIME=process, which needs no containers")


def probe_engine() -> Engine | NoEngine:
    """Looks for the engine where the docker command does: DOCKER_HOST, the current context, the standard socket."""
    address = engine_address()
    url = urlsplit(address)
    if url.scheme == "ssh" or (url.scheme in ("tcp", "http", "https") and url.hostname not in _LOCAL_NAMES):
        return NoEngine(
            _(
                "The Docker engine {address} is on another machine, whose ports and folders are not this one's: "
                "unset DOCKER_HOST or choose the context `default`, {otherwise}."
            ).format(address=address, otherwise=otherwise())
        )
    try:
        # The SDK buries the reason four exceptions deep.
        _connect(url)
        client = docker.from_env(version="auto", timeout=_ANSWER_SECONDS)
        facts, version = client.info(), client.version()
    except (OSError, DockerException) as error:
        return NoEngine(_why_no_answer(address, error))
    if facts["OSType"] != "linux":
        return NoEngine(
            _("The Docker engine runs {system} containers: switch it to Linux ones, {otherwise}.").format(
                system=facts["OSType"], otherwise=otherwise()
            )
        )
    if tuple(map(int, version["ApiVersion"].split("."))) < _OLDEST_API:
        return NoEngine(
            _("The Docker engine {version} is too old: install 20.10 or newer, {otherwise}.").format(
                version=version["Version"], otherwise=otherwise()
            )
        )
    try:
        compose = find_compose()
    except SetupError as error:
        return NoEngine(str(error))
    return Engine(
        client=client,
        version=version["Version"],
        architecture=version["Arch"],
        rootless=any("rootless" in option for option in facts.get("SecurityOptions") or ()),
        compose=compose,
    )


def require_engine() -> Engine:
    """The engine of this machine; raises SetupError with the reason when there is none to use."""
    found = probe_engine()
    if isinstance(found, NoEngine):
        raise SetupError(found.reason)
    return found


def engine_address() -> str:
    """`unix:///var/run/docker.sock`, or what DOCKER_HOST or the current context of the docker command says."""
    address: str = os.environ.get("DOCKER_HOST") or ContextAPI.get_current_context().Host
    return address


def probe_gpu(engine: Engine, training_image: str) -> Gpu | NoGpu:
    """Computes one sum on the GPU in a container of the training image.

    Args:
        training_image: it has to be built already.
    """
    if shutil.which("nvidia-smi") is None:
        return NoGpu(_("This machine has no NVIDIA GPU (there is no nvidia-smi)."))
    container = engine.client.containers.create(
        training_image,
        ["-c", CUDA_PROBE],
        entrypoint=["python3"],
        device_requests=[DeviceRequest(count=-1, capabilities=[["gpu"]])],
        network_mode="none",
    )
    try:
        container.start()
        status = container.wait()["StatusCode"]
        printed = container.logs(stdout=True, stderr=status != 0).decode(errors="replace").strip()
    except APIError as error:
        if "could not select device driver" in str(error):
            return NoGpu(
                _(
                    "The Docker engine cannot hand the GPU to a container: install nvidia-container-toolkit, run "
                    "`sudo nvidia-ctk runtime configure --runtime=docker` and restart Docker."
                )
            )
        return NoGpu(_("A container with the GPU does not start: {reason}.").format(reason=error.explanation))
    finally:
        container.remove(force=True)
    if status == NO_CUDA_EXIT:
        return NoGpu(
            _("{training_image} is built for the CPU: build it with `make images GPU=1`.").format(
                training_image=training_image
            )
        )
    if status != 0:
        last = " ".join(printed.splitlines()[-1:])
        return NoGpu(_("CUDA does not work inside a container ({last}): update the NVIDIA driver.").format(last=last))
    return Gpu(printed)


def _connect(url: SplitResult) -> None:
    if url.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_CONNECT_SECONDS)
            probe.connect(url.path)
    else:
        socket.create_connection((url.hostname, url.port), _CONNECT_SECONDS).close()


def _why_no_answer(address: str, error: OSError | DockerException) -> str:
    if isinstance(error, PermissionError):
        problem = _(
            "You may not use the Docker engine at {address}: run `sudo usermod -aG docker $USER` and log in again, "
            "{otherwise}."
        )
    elif isinstance(error, FileNotFoundError | ConnectionRefusedError):
        problem = _("No Docker engine answers at {address}: start Docker (`sudo systemctl start docker`), {otherwise}.")
    else:
        problem = _(
            "The Docker engine at {address} does not answer as it should ({error}): restart Docker, {otherwise}."
        )
    return problem.format(address=address, error=error, otherwise=otherwise())
