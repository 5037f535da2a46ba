"""What each environment under .venvs/ holds, besides the lock of its name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from kit.language import _, marked


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


class Cost(NamedTuple):
    """What an environment takes the first time, measured on Linux on x86-64, two cores, 2026-11-29 and 30.

    Attributes:
        fetched: MB from the package index, PyTorch's build for the CPU among them.
        kept: MB on disk.
        seconds: to make it of what was fetched, on two cores.
    """

    fetched: int
    kept: int
    seconds: int


# Of those that a user's commands make. Not in `Environment`, for which an environment is made anew when it changes.
COSTS = {
    "kit": Cost(169, 700, 15),
    "localstack": Cost(37, 130, 10),
    "label-studio": Cost(175, 560, 20),
    "detector": Cost(320, 1200, 15),
    "moto": Cost(50, 200, 5),
}
# Of a network as most people have it, 100 Mbit/s.
MEGABYTES_A_SECOND = 12.5


def announcement(names: Iterable[str]) -> str:
    """What making these will take, before it begins; "" where that is not known of all."""
    costs = [COSTS.get(name) for name in names]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return ""
    fetched = sum(cost.fetched for cost in known)
    # They are made side by side.
    seconds = fetched / MEGABYTES_A_SECOND + max(cost.seconds for cost in known)
    return _(
        "This is done once: about {fetched} MB come from the package index, {kept:.1f} GB are taken on disk; at "
        "100 Mbit/s it takes about {minutes} min."
    ).format(fetched=fetched, kept=sum(cost.kept for cost in known) / 1000, minutes=math.ceil(seconds / 60))
