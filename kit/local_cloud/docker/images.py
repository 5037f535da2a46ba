"""The kit's container images: built from `containers/` when something that goes into them has changed, else kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from kit import stopping
from kit.errors import SetupError
from kit.language import _
from kit.local_cloud.docker import image_context
from kit.local_cloud.docker.base_image import BASE_IMAGE, can_make_base_image, has_base_image, make_base_image
from kit.local_cloud.docker.engine import Engine
from kit.repository import ROOT

_CONTAINERS = Path("containers")
# Of what is built at this moment.
_WORK = _CONTAINERS / "build"
_LOCKS = Path("requirements")
# Labels of an image: what went into it, and which PyTorch it holds ("cpu", "cuda").
INPUTS_LABEL = "jumpstart-rehearsal.inputs"
TORCH_LABEL = "jumpstart-rehearsal.torch"
# The first thing a Dockerfile sets, so that what a build leaves on its way has it too.
IMAGE_LABEL = "jumpstart-rehearsal.image"
_DETECTOR = _CONTAINERS / "detector" / "detector"
# How many are built side by side: one has the processor while another has the disk.
_BUILDS = 2
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Recipe:
    """The inputs of an image besides its own folder in `containers/`.

    Attributes:
        lock: its file in `requirements/`.
        sources: folders of the repository, relative to its root.
        torch: whether PyTorch is in it.
        left_out: patterns of what stays out of it of the packages, besides their tests.
        override: environment variable that names another image to use in its place.
    """

    lock: str
    sources: tuple[Path, ...] = ()
    torch: bool = False
    left_out: tuple[str, ...] = ()
    override: str | None = None


_TESTS = ("*/tests/*", "*/onnx/backend/test/*", "*/torch/test/*", "*/torch/bin/*[Tt]est*")
# What training never loads: PyTorch's nine thousand headers, and the compiler of its messages.
_NOT_TRAINED_WITH = ("*/torch/include/*", "*/torch/bin/protoc*")
# What serving never loads: ONNX Runtime's library for C programs and its conversion tools.
_NOT_SERVED = (
    "*/onnxruntime/capi/libonnxruntime.so.*",
    "*/onnxruntime/transformers/*",
    "*/onnxruntime/tools/*",
    "*/onnxruntime/quantization/*",
)
# Those that take longest first.
RECIPES: Mapping[str, Recipe] = {
    "label-studio": Recipe("label-studio.lock", override="LABEL_STUDIO_IMAGE"),
    "training": Recipe("detector.lock", sources=(_DETECTOR,), torch=True, left_out=_NOT_TRAINED_WITH),
    "localstack": Recipe("localstack.lock", override="LOCALSTACK_IMAGE"),
    "inference": Recipe("inference.lock", sources=(_DETECTOR,), left_out=_NOT_SERVED),
}


def image_name(name: str) -> str:
    """`jumpstart-rehearsal/<name>:local`, or the one that LOCALSTACK_IMAGE or LABEL_STUDIO_IMAGE names in its place."""
    override = RECIPES[name].override
    return (override and os.environ.get(override)) or f"jumpstart-rehearsal/{name}:local"


def ensure_images(
    engine: Engine,
    names: Sequence[str] = tuple(RECIPES),
    *,
    cuda: bool | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Builds those images that are not there or whose inputs have changed; others' images are left to Compose to pull.

    Args:
        cuda: whether the training image holds the CUDA build of PyTorch; None: as the one there does, at first not.
        say: told what is being built.

    Raises:
        SetupError: the base image or a wheel cannot be had, the disk is full, or a build failed.
    """
    own = [name for name in names if image_name(name) == f"jumpstart-rehearsal/{name}:local"]
    if not own:
        return
    (ROOT / _WORK).mkdir(exist_ok=True)
    # A second kit waits, and then has nothing left to build.
    with (ROOT / _WORK / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(_labels(engine, image_name(name)) for name in own):
            say(
                _(
                    "The container images are built once: what goes into them comes from the package index, about "
                    "2 GB are taken on disk, and it takes a few minutes."
                )
            )
        if not has_base_image(engine):
            _build_base_image(engine, say)
        with ThreadPoolExecutor(_BUILDS) as builds:
            for built in [builds.submit(_ensure_image, engine, name, cuda, say, lock.fileno()) for name in own]:
                while not built.done():
                    stopping.pause(_POLL_SECONDS)
                built.result()
        # Those that were replaced, and what failed builds have left; not before, for a build stands on nameless ones.
        engine.client.images.prune(filters={"dangling": True, "label": IMAGE_LABEL})


def remove_images(engine: Engine) -> None:
    """Removes every image of the kit, with what their builds have kept.

    Raises:
        SetupError: a container still uses one.
    """
    for name in (*(image.id for image in _labelled(engine)), BASE_IMAGE):
        try:
            engine.client.images.remove(name, force=True)
        except docker.errors.ImageNotFound:
            continue
        except docker.errors.APIError as error:
            raise SetupError(
                _("Docker does not remove an image of the kit: {reason}.").format(reason=error.explanation)
            ) from error


def _labelled(engine: Engine) -> list[Any]:
    found: list[Any] = engine.client.images.list(filters={"label": IMAGE_LABEL})
    return found


def _ensure_image(engine: Engine, name: str, cuda: bool | None, say: Callable[[str], None], held: int) -> None:
    recipe, tag = RECIPES[name], image_name(name)
    there = _labels(engine, tag)
    machine = image_context.machine_of(engine.architecture)
    torch = None
    if recipe.torch:
        torch = "cuda" if cuda or (cuda is None and there.get(TORCH_LABEL) == "cuda") else "cpu"
    locks = [recipe.lock, *(["torch-cpu.lock", "torch.lock"] if torch else [])]
    files, left_out = [_CONTAINERS / name, *recipe.sources], (*_TESTS, *recipe.left_out)
    base = engine.client.images.get(BASE_IMAGE).id
    packages = [*((ROOT / _LOCKS / lock).read_text("utf-8") for lock in locks), *left_out, str(torch), machine]
    inputs = image_context.fingerprint(ROOT, files, [*packages, base])
    if there.get(INPUTS_LABEL) == inputs:
        return
    started = time.monotonic()
    say(_("Building {tag} …").format(tag=tag))
    folder = ROOT / _WORK / name
    # A killed kit's.
    shutil.rmtree(folder, ignore_errors=True)
    try:
        image_context.lay_out(ROOT / _LOCKS / recipe.lock, folder, machine, torch=torch, held=held)
        with tempfile.TemporaryFile(dir=ROOT / _WORK) as context:
            image_context.write(context, ROOT, files, folder, left_out)
            _build(
                engine,
                fileobj=context,
                custom_context=True,
                dockerfile=os.fspath(_CONTAINERS / name / "Dockerfile"),
                tag=tag,
                buildargs={"BASE_IMAGE": BASE_IMAGE},
                labels={INPUTS_LABEL: inputs} | ({TORCH_LABEL: torch} if torch else {}),
                # What it needs is in the context, and nothing else gets in.
                network_mode="none",
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    size = engine.client.images.get(tag).attrs["Size"]
    say(
        _("Built {tag} ({megabytes:.0f} MB) in {seconds:.0f} s.").format(
            tag=tag, megabytes=size / 1e6, seconds=time.monotonic() - started
        )
    )


def _build_base_image(engine: Engine, say: Callable[[str], None]) -> None:
    say(_("Building {tag} …").format(tag=BASE_IMAGE))
    debian = os.environ.get("DEBIAN_IMAGE", "debian:bookworm-slim")
    arguments = {"DEBIAN_IMAGE": debian, **_proxies()}
    try:
        _build(engine, path=os.fspath(ROOT / _CONTAINERS / "base"), tag=BASE_IMAGE, buildargs=arguments)
    except SetupError as error:
        if not can_make_base_image():
            raise SetupError(
                _(
                    "{image} cannot be made from {debian}: install mmdebstrap and run `make base-image`, which "
                    "makes it from Debian's packages, or set DEBIAN_IMAGE to where your registry has it. {error}"
                ).format(image=BASE_IMAGE, debian=debian, error=error)
            ) from error
        say(f"{error}\n" + _("So it is made from Debian's packages, as `make base-image` does …"))
        make_base_image(engine)


def _proxies() -> dict[str, str]:
    names = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: os.environ[name] for name in names if name in os.environ}


def _build(engine: Engine, **request: Any) -> None:
    printed: list[str] = []
    try:
        for message in engine.client.api.build(**request, rm=True, forcerm=True, decode=True):
            printed.append(message.get("stream", ""))
            stopping.look()
            if stopping.is_in_vain():
                raise stopping.Stopped
            if "error" in message:
                raise _failure(request["tag"], message["error"], printed)
    except DockerException as error:
        raise _failure(request["tag"], str(error), printed) from error


def _failure(tag: str, error: str, printed: Sequence[str]) -> SetupError:
    lines = [line for line in "".join(printed).splitlines() if line.strip()]
    if any("no space left on device" in text.lower() for text in (error, *lines[-20:])):
        return SetupError(
            _(
                "The disk of the Docker engine is full while {tag} is built: free about 6 GB "
                "(`docker system prune` may) and run the command again."
            ).format(tag=tag)
        )
    return SetupError(
        "\n".join(
            [_("{tag} cannot be built: {error}. The build ended with:").format(tag=tag, error=error), *lines[-8:]]
        )
    )


def _labels(engine: Engine, tag: str) -> dict[str, str]:
    try:
        labels: dict[str, str] | None = engine.client.images.get(tag).labels
    except docker.errors.ImageNotFound:
        return {}
    return labels or {}
