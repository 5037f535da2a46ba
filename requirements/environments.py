"""What each environment under .venvs/ holds, besides the lock of its name."""

from __future__ import annotations

from typing import NamedTuple

from kit.language import marked


class WarmUp(NamedTuple):
    """A command run once when all is installed, from the repository's root, so that the first run need not do it.

    Attributes:
        makes: what comes of it, for people.
        command: may say {venv}, and {python}: what runs this.
        settings: environment variables, which may say {venv}.
        folder: in the environment, that the command wants to be there.
    """

    makes: str
    command: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    folder: str = ""


class Environment(NamedTuple):
    """What an environment holds.

    Attributes:
        torch: whether PyTorch comes first, from the index that suits this machine.
        package: a folder of this repository that is installed in place.
        options: of pip and uv, for its lock.
        newest_python: the last Python that its packages have wheels for, where that is an old one.
    """

    torch: bool = False
    package: str | None = None
    warm_up: WarmUp | None = None
    options: tuple[str, ...] = ()
    newest_python: tuple[int, int] | None = None


ENVIRONMENTS = {
    "kit": Environment(package="."),
    "localstack": Environment(
        warm_up=WarmUp(
            marked("its catalogue of AWS's services"),
            ("{venv}/bin/python", "-m", "localstack.aws.spec"),
            settings=(("FILESYSTEM_ROOT", "{venv}/filesystem"), ("OVERRIDE_IN_DOCKER", "0")),
            folder="filesystem/usr/lib/localstack",
        )
    ),
    "label-studio": Environment(
        warm_up=WarmUp(
            marked("its empty database"),
            ("{python}", "-m", "kit.local_cloud.labelling.label_studio_database", "{venv}"),
        )
    ),
    "detector": Environment(torch=True, package="containers/detector"),
    "moto": Environment(),
    "aws-cli": Environment(),
    "gluoncv": Environment(newest_python=(3, 11)),
    "converters": Environment(),
    "scenes": Environment(newest_python=(3, 11)),
    # By pip, and only where there is a wheel for this machine: to build it takes Rust and half an hour.
    "uv": Environment(
        options=("--only-binary", ":all:"), warm_up=WarmUp(marked("a first start"), ("{venv}/bin/uv", "--version"))
    ),
}
