"""SageMaker local mode for one folder: what has to be there before its first container and gone after its last."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud.docker.engine import Engine, Gpu, NoGpu, otherwise
from kit.local_cloud.docker.local_mode_containers import remove_leftovers
from kit.local_cloud.docker.local_mode_network import NetworkUse
from kit.local_cloud.docker.local_mode_session import search_path

# Folders that the SDK refuses to mount, `sagemaker.utils._SENSITIVE_SYSTEM_PATHS`.
_REFUSED = ("/root", "/etc", "/var/lib")
# Compose and the SDK take these in a path for something else.
_NOT_IN_PATHS = ":$?#"


class LocalMode:
    """Runs the programs of `TrainingJobs` and `Hosting` in containers; open it before them and close it after.

    Args:
        engine: runs the containers.
        run: the run's folder. What an earlier local mode has left of it in the engine is removed.
        gpu: what was found out about one, for training.

    Attributes:
        train, serve: commands for `TrainingJobs` and `Hosting`.
        manner: how a training is run and why so, to go with "Training algorithm started".

    Raises:
        SetupError: the SDK cannot work here, or not without showing an endpoint to other machines.
    """

    def __init__(self, engine: Engine, run: Path, gpu: Gpu | NoGpu) -> None:
        self._client = engine.client
        self._run = run.absolute()
        require_local_mode(self._run)
        remove_leftovers(self._client, self._run)
        self._network = NetworkUse(self._client)
        python = (sys.executable, "-I", "-m")
        instance_type = "local_gpu" if isinstance(gpu, Gpu) else "local"
        self.train = (*python, "kit.local_cloud.docker.local_mode_training", os.fspath(self._run), instance_type)
        self.serve = (*python, "kit.local_cloud.docker.local_mode_hosting", os.fspath(self._run))
        reason = f"GPU: {gpu.name}" if isinstance(gpu, Gpu) else _("no GPU: {reason}").format(reason=gpu.reason)
        self.manner = _("in a container, by SageMaker local mode, instance type {type}, {reason}").format(
            type=instance_type, reason=reason
        )

    def close(self) -> None:
        """Leaves nothing in the engine."""
        remove_leftovers(self._client, self._run)
        self._network.close()

    def __enter__(self) -> LocalMode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def require_local_mode(run: Path) -> None:
    """Raises SetupError when the SDK cannot work here, or not on the files of this run's folder."""
    _require_path(run.absolute())
    _require_compose()


def _require_path(folder: Path) -> None:
    home = Path.home()
    refused = [Path(name) for name in _REFUSED]
    refused += [home / name for name in (".aws", ".ssh", ".kube", ".docker", ".config", ".credentials")]
    # By their text, as the SDK compares them.
    if any(str(folder).startswith(str(path)) for path in refused) or set(_NOT_IN_PATHS) & set(str(folder)):
        raise SetupError(
            _(
                "SageMaker local mode does not take the folder {folder}: give RUNS one outside {folders} and "
                "without any of {characters} in its path, {otherwise}."
            ).format(
                folder=folder, folders=", ".join(_REFUSED), characters=" ".join(_NOT_IN_PATHS), otherwise=otherwise()
            )
        )


def _require_compose() -> None:
    """Raises SetupError unless the SDK finds a Compose: a plugin that says v2, else the first docker-compose."""
    path = search_path()
    docker = shutil.which("docker", path=path)
    if docker is None:
        raise SetupError(
            _("SageMaker local mode needs the docker command: install Docker's (docker-ce-cli), {otherwise}.").format(
                otherwise=otherwise()
            )
        )
    plugin = _version(docker, "compose", "version")
    if "v2" in plugin:
        return
    command = shutil.which("docker-compose", path=path)
    found = _version(command, "version", "--short") if command else ""
    if not found or found.startswith("1."):
        raise SetupError(
            _(
                "SageMaker local mode needs Compose v2 or a docker-compose command of version 2 or later (here: "
                "plugin {plugin}, command {command}): run `make setup`, which brings one, {otherwise}."
            ).format(plugin=plugin or _("none"), command=found or _("none"), otherwise=otherwise())
        )


def _version(*command: str) -> str:
    asked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""
