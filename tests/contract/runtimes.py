"""The implementations of the training and hosting verbs that the contract is held against."""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psutil
from docker.errors import ImageNotFound

from kit.local_cloud import environments
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.base_image import BASE_IMAGE, has_base_image
from kit.local_cloud.docker.engine import Engine, NoEngine, NoGpu, probe_engine
from kit.local_cloud.docker.images import ensure_images, image_name
from kit.local_cloud.docker.local_mode import LocalMode
from kit.local_cloud.hosting.endpoints import Hosting
from kit.local_cloud.training.jobs import TrainingJobs
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DETECTOR = "the detector"
_LOADED = Path(__file__).with_name("loaded_local_mode.py")

# For the programs of the tests: where the files are and where to serve, in a container and as a process.
PLACE = """
import os, pathlib
base = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
address = (os.environ.get("DETECTOR_HOST", "0.0.0.0"), int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")))
"""


class Runtime(ABC):
    """Opens the services on one run's folder; a context manager that leaves nothing running.

    Args:
        image: the name of an image that holds the program of the test last asked for.

    Attributes:
        start_seconds: in which a training program surely begins.
    """

    name: str
    start_seconds: int

    def __init__(self, run: Path, s3: S3Client, image: str) -> None:
        self.run = run
        self.s3 = s3
        self.image = image
        self._opened: list[TrainingJobs | Hosting] = []

    def training(self, program: str) -> TrainingJobs:
        """Training jobs whose image holds `program`, Python source, or the `DETECTOR`."""
        jobs = TrainingJobs(self.s3, self.run / "training-jobs", **self._training(program))
        self._opened.append(jobs)
        return jobs

    def hosting(self, program: str, **settings: Any) -> Hosting:
        hosting = Hosting(self.s3, self.run / "hosting", **self._hosting(program), **{"say": print, **settings})
        self._opened.append(hosting)
        return hosting

    def is_anything_running(self) -> bool:
        """Whether a program on this run's files is."""
        return any(_works_on(process, self.run) for process in psutil.process_iter())

    def close(self) -> None:
        for each in self._opened:
            each.close()

    @abstractmethod
    def _training(self, program: str) -> dict[str, Any]: ...

    @abstractmethod
    def _hosting(self, program: str) -> dict[str, Any]: ...

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class ProcessRuntime(Runtime):
    """Programs as processes of this machine."""

    name = "process"
    start_seconds = 2

    def _training(self, program: str) -> dict[str, Any]:
        return {"command": environments.TRAIN if program == DETECTOR else [sys.executable, "-c", program]}

    def _hosting(self, program: str) -> dict[str, Any]:
        return {"command": environments.SERVE if program == DETECTOR else [sys.executable, "-c", program]}


class DockerRuntime(Runtime):
    """Programs in containers, by SageMaker local mode."""

    name = "docker"
    start_seconds = 30

    def __init__(self, run: Path, s3: S3Client, image: str) -> None:
        super().__init__(run, s3, image)
        self.engine = engine()
        self._local_mode = LocalMode(self.engine, run, NoGpu("The tests want the CPU."))

    def is_anything_running(self) -> bool:
        label = f"{leftovers.RUN_LABEL}={self.run}"
        there = self.engine.client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return bool(there) or super().is_anything_running()

    def close(self) -> None:
        super().close()
        self._local_mode.close()
        images = self.engine.client.images
        # By their label: what a process that a test killed has built is among them, and has lost its name to another.
        built = [image.id for image in images.list(filters={"label": f"test={self.image}"})]
        for each in (self.image, *built):
            with suppress(ImageNotFound):
                images.remove(each, force=True)

    def _training(self, program: str) -> dict[str, Any]:
        self._build(program, "training")
        return {"command": self._program(self._local_mode.train), "manner": self._local_mode.manner}

    def _hosting(self, program: str) -> dict[str, Any]:
        self._build(program, "inference")
        return {"command": self._program(self._local_mode.serve)}

    def _program(self, command: Sequence[str]) -> Sequence[str]:
        return command

    def _build(self, program: str, purpose: str) -> None:
        if program == DETECTOR:
            ensure_images(self.engine, [purpose])
            self.engine.client.images.get(image_name(purpose)).tag(self.image)
            return
        entrypoint = json.dumps(["python3", "-u", "-c", program])
        # By its label it is another image than that of a test beside this one with the same program.
        dockerfile = f"FROM {BASE_IMAGE}\nLABEL test={self.image}\nENTRYPOINT {entrypoint}\n"
        self.engine.client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=self.image, rm=True)


class LoadedDockerRuntime(DockerRuntime):
    """The same, by programs that need not load the SDK first."""

    def _program(self, command: Sequence[str]) -> Sequence[str]:
        python, _isolated, _module, *program = command
        return [python, "-I", os.fspath(_LOADED), _listening(), *program]


RUNTIMES: dict[str, type[Runtime]] = {"process": ProcessRuntime, "docker": DockerRuntime}
# For dozens of jobs and endpoints from one process.
LOADED_RUNTIMES: dict[str, type[Runtime]] = {**RUNTIMES, "docker": LoadedDockerRuntime}


def why_not(runtime: str) -> str | None:
    """Why a runtime's tests cannot run on this machine; None when they can."""
    found = _found() if runtime == "docker" else None
    return found.reason if isinstance(found, NoEngine) else None


@functools.cache
def engine() -> Engine:
    """The engine of this machine, with the image that the tests' own stand on."""
    found = _found()
    assert isinstance(found, Engine), found
    if not has_base_image(found):
        ensure_images(found, ["inference"])
    return found


@functools.cache
def _listening() -> str:
    """Where programs are forked that have loaded the SDK, until the tests end."""
    address = Path(tempfile.mkdtemp()) / "loaded"
    process = subprocess.Popen([sys.executable, "-I", _LOADED, address], stdin=subprocess.PIPE)

    def end() -> None:
        process.communicate()
        shutil.rmtree(address.parent)

    atexit.register(end)
    eventually(lambda: address.exists() or process.poll() is not None)
    return os.fspath(address)


@functools.cache
def _found() -> Engine | NoEngine:
    return probe_engine()


def _works_on(process: psutil.Process, folder: Path) -> bool:
    try:
        base = process.environ().get("SAGEMAKER_BASE_DIR", "")
        return Path(base).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
