"""The image that all others stand on: Debian 12 with its Python 3.11, from a registry or from Debian's packages."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import docker
from docker.errors import DockerException

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud import process
from kit.local_cloud.docker.engine import Engine

BASE_IMAGE = "jumpstart-rehearsal/base:local"
_DEBIAN = "bookworm"
_HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"
# As in Debian's own slim image.
_LEFT_OUT = ("man", "doc", "info", "locale", "lintian")


def can_make_base_image() -> bool:
    """Whether the tool for `make_base_image` is there."""
    return shutil.which("mmdebstrap") is not None


def make_base_image(engine: Engine) -> None:
    """Makes `BASE_IMAGE` from Debian's packages, for where no registry can be reached; takes half a minute to two.

    Raises:
        SetupError: mmdebstrap is not there, or Debian's packages cannot be fetched.
    """
    if not can_make_base_image():
        raise SetupError(
            _(
                "make base-image needs mmdebstrap: install it (`sudo apt-get install mmdebstrap`), or build once "
                "where debian:bookworm-slim can be pulled."
            )
        )
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "base.tar"
        done = process.run(
            [
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--architectures={engine.architecture}",
                # With usr-is-merged in place of usrmerge, which would bring 50 MB of Perl.
                f"--hook-dir={_HOOKS}",
                "--include=usr-is-merged,python3",
                *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _LEFT_OUT),
                "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                _DEBIAN,
                archive,
            ]
        )
        if done.returncode != 0:
            last = " ".join(done.stderr.splitlines()[-3:])
            raise SetupError(
                _(
                    "mmdebstrap cannot make Debian's base ({last}): connect to a mirror of Debian, free 1 GB of "
                    "disk, and run `make base-image` again."
                ).format(last=last)
            )
        repository, tag = BASE_IMAGE.split(":")
        try:
            answer = engine.client.api.import_image_from_file(os.fspath(archive), repository=repository, tag=tag)
        except DockerException as error:
            raise SetupError(
                _("The engine does not take the base image ({error}): free some of its disk.").format(error=error)
            ) from error
        # What goes wrong late comes in an answer that began as a success.
        if "errorDetail" in answer:
            raise SetupError(
                _("The engine does not take the base image ({error}): free some of its disk.").format(
                    error=answer.strip()
                )
            )


def has_base_image(engine: Engine) -> bool:
    """Whether `BASE_IMAGE` is there.

    Raises:
        SetupError: it is for another architecture.
    """
    try:
        image = engine.client.images.get(BASE_IMAGE)
    except docker.errors.ImageNotFound:
        return False
    if image.attrs["Architecture"] != engine.architecture:
        raise SetupError(
            _(
                "{image} is built for {other}, this engine runs {architecture}: remove it (`docker rmi {image}`) "
                "and run the command again."
            ).format(image=BASE_IMAGE, other=image.attrs["Architecture"], architecture=engine.architecture)
        )
    return True
