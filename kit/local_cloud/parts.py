"""The parts of a local cloud: processes of this machine, or containers of its Docker engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kit.local_cloud import environments
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.docker.local_mode import LocalMode
from kit.local_cloud.docker.services import ContainerServices, LabelStudioContainer, LocalStackContainer
from kit.local_cloud.labelling.label_studio import LabellingServer, LabelStudioServer
from kit.local_cloud.s3.localstack import LocalStack, S3Server
from kit.network import LOOPBACK

Command = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Parts:
    """All that differs between the runtimes.

    Attributes:
        s3: running.
        label_studio: starts the labelling server, which reads pictures from that S3, and returns when it answers.
        train, serve: the programs of `TrainingJobs` and `Hosting`.
        manner: how `train` runs a job, for its description.
    """

    s3: S3Server
    label_studio: Callable[[], LabellingServer]
    train: Command
    serve: Command
    manner: str


@dataclass(frozen=True)
class Ports:
    """None for a free one; S3's is of 127.0.0.1, Label Studio's of `label_studio_host`, 0.0.0.0 for all addresses."""

    s3: int | None = None
    label_studio: int | None = None
    label_studio_host: str = LOOPBACK


@contextmanager
def as_processes(folder: Path, ports: Ports) -> Iterator[Parts]:
    """Parts that need no Docker engine.

    Args:
        folder: for what is durable, and the logs.

    Raises:
        SetupError: an environment cannot be made, or a port is taken.
        ServiceError: S3 does not come up.
    """
    environments.require()
    with LocalStack(environments.LOCALSTACK, folder / "localstack", port=ports.s3) as s3:
        yield Parts(
            s3,
            label_studio=lambda: LabelStudioServer(
                environments.LABEL_STUDIO,
                folder / "label-studio",
                s3_url=s3.url,
                port=ports.label_studio,
                host=ports.label_studio_host,
            ),
            train=environments.TRAIN,
            serve=environments.SERVE,
            manner="as a process of this machine",
        )


@contextmanager
def in_containers(engine: Engine, local_mode: LocalMode, run: Path, folder: Path, ports: Ports) -> Iterator[Parts]:
    """Parts from the kit's images, which have to be there; nothing of them stays in the engine.

    Args:
        local_mode: for the same run, open.
        run: the run's folder; see `leftovers`.
        folder: for what is durable, and the logs.

    Raises:
        SetupError: a port is taken, or an image of a vendor cannot be had.
        ServiceError: S3 does not come up.
    """
    with (
        ContainerServices(
            engine,
            run,
            folder,
            s3_port=ports.s3,
            label_studio_port=ports.label_studio,
            label_studio_host=ports.label_studio_host,
        ) as services,
        LocalStackContainer(services) as s3,
    ):
        yield Parts(
            s3,
            label_studio=lambda: LabelStudioContainer(services),
            train=local_mode.train,
            serve=local_mode.serve,
            manner=local_mode.manner,
        )
