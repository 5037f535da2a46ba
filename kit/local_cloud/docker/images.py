"""The kit's container images: built from `containers/` when something that goes into them has changed, else kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud.docker import wheelhouse
from kit.local_cloud.docker.base_image import BASE_IMAGE, can_make_base_image, has_base_image, make_base_image
from kit.local_cloud.docker.engine import Engine
from kit.repository import ROOT

_CONTAINERS = Path("containers")
_WHEELHOUSE = _CONTAINERS / "wheelhouse"
_LOCKS = Path("requirements")
# Labels of an image: what went into it, and which PyTorch it holds ("cpu", "cuda").
INPUTS_LABEL = "jumpstart-rehearsal.inputs"
TORCH_LABEL = "jumpstart-rehearsal.torch"
# Of what a build makes on the way, and keeps so that the next one is quick.
STAGE_LABEL = "jumpstart-rehearsal.stage"
_DETECTOR = _CONTAINERS / "detector" / "detector"


@dataclass(frozen=True)
class Recipe:
    """The inputs of an image besides its own folder in `containers/`.

    Attributes:
        lock: its file in `requirements/`.
        sources: folders of the repository, relative to its root.
        torch: whether PyTorch is in it.
        override: environment variable that names another image to use in its place.
    """

    lock: str
    sources: tuple[Path, ...] = ()
    torch: bool = False
    override: str | None = None


RECIPES: Mapping[str, Recipe] = {
    "training": Recipe("detector.lock", sources=(_DETECTOR,), torch=True),
    "inference": Recipe("inference.lock", sources=(_DETECTOR,)),
    "localstack": Recipe("localstack.lock", override="LOCALSTACK_IMAGE"),
    "label-studio": Recipe("label-studio.lock", override="LABEL_STUDIO_IMAGE"),
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
    (ROOT / _WHEELHOUSE).mkdir(exist_ok=True)
    # A second kit waits, and then has nothing left to build.
    with (ROOT / _WHEELHOUSE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if own and not has_base_image(engine):
            _build_base_image(engine, say)
        for name in own:
            _ensure_image(engine, name, cuda, say)


def remove_images(engine: Engine) -> None:
    """Removes every image of the kit, with what their builds have kept.

    Raises:
        SetupError: a container still uses one.
    """
    names = [image.id for label in (INPUTS_LABEL, STAGE_LABEL) for image in _labelled(engine, label)]
    for name in (*names, BASE_IMAGE):
        try:
            engine.client.images.remove(name, force=True)
        except docker.errors.ImageNotFound:
            continue
        except docker.errors.APIError as error:
            raise SetupError(
                _("Docker does not remove an image of the kit: {reason}.").format(reason=error.explanation)
            ) from error


def _labelled(engine: Engine, label: str) -> list[Any]:
    found: list[Any] = engine.client.images.list(filters={"label": label})
    return found


def _ensure_image(engine: Engine, name: str, cuda: bool | None, say: Callable[[str], None]) -> None:
    recipe, tag = RECIPES[name], image_name(name)
    there = _labels(engine, tag)
    cuda = recipe.torch and (there.get(TORCH_LABEL) == "cuda" if cuda is None else cuda)
    locks = [ROOT / _LOCKS / recipe.lock]
    if recipe.torch:
        locks.append(ROOT / _LOCKS / ("torch.lock" if cuda else "torch.txt"))
    pins = wheelhouse.pins(locks, engine.architecture)
    files = [_CONTAINERS / name, *recipe.sources]
    inputs = _fingerprint(files, [*pins, str(cuda), engine.architecture, engine.client.images.get(BASE_IMAGE).id])
    if there.get(INPUTS_LABEL) == inputs:
        return
    started = time.monotonic()
    say(_("Building {tag} …").format(tag=tag))
    wheels = _WHEELHOUSE / name
    wheelhouse.collect(pins, ROOT / wheels, engine.architecture, cuda=cuda)
    labels = {INPUTS_LABEL: inputs} | ({TORCH_LABEL: "cuda" if cuda else "cpu"} if recipe.torch else {})
    with tempfile.TemporaryFile(dir=ROOT / _WHEELHOUSE) as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            for path in _files([*files, wheels]):
                archive.add(ROOT / path, path, recursive=False, filter=_readable_by_all)
        context.seek(0)
        _build(
            engine,
            fileobj=context,
            custom_context=True,
            dockerfile=os.fspath(_CONTAINERS / name / "Dockerfile"),
            tag=tag,
            buildargs={"BASE_IMAGE": BASE_IMAGE},
            labels=labels,
            # What it needs is in the context, and nothing else gets in.
            network_mode="none",
        )
    # The one it replaces.
    engine.client.images.prune(filters={"dangling": True, "label": INPUTS_LABEL})
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


def _fingerprint(folders: Sequence[Path], facts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for path in _files(folders):
        digest.update(f"{path}\0{os.access(ROOT / path, os.X_OK)}\0".encode())
        digest.update(hashlib.sha256((ROOT / path).read_bytes()).digest())
    for fact in facts:
        digest.update(f"{fact}\0".encode())
    return digest.hexdigest()


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    """Every file in the folders of the repository, relative to its root, in one order on every machine."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT)


def _readable_by_all(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever checked out the repository, under whatever umask: a container's user can read it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
