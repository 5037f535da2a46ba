"""Everything of the kit's that a Docker engine holds, by label: which run made it, and how it is removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.docker.engine import Engine

# On every container, network and volume: the run's folder.
RUN_LABEL = "jumpstart-rehearsal.run"


def remove(engine: Engine, run: Path) -> None:
    """Removes the containers, networks and volumes of a run; returns when they are gone.

    Raises:
        ServiceError: the engine refuses.
    """
    label = {"label": f"{RUN_LABEL}={run}"}
    # A container before the network and the volumes that it holds.
    for container in engine.client.containers.list(all=True, ignore_removed=True, filters=label):
        _remove(container, force=True, v=True)
    for network in engine.client.networks.list(filters=label):
        _remove(network)
    for volume in engine.client.volumes.list(filters=label):
        _remove(volume, force=True)


def sweep(engine: Engine, is_abandoned: Callable[[Path], bool]) -> list[Path]:
    """Removes what runs have left behind that were killed.

    Args:
        is_abandoned: whether the run in this folder, which need not exist any more, is over.

    Returns:
        The folders of those runs.

    Raises:
        ServiceError: the engine refuses.
    """
    dead = sorted(filter(is_abandoned, runs(engine)))
    for run in dead:
        remove(engine, run)
    return dead


def containers(engine: Engine) -> list[tuple[Path, Container]]:
    """The kit's containers, running or not, each with the folder of its run."""
    found = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL})
    return [(Path(container.labels[RUN_LABEL]), container) for container in found]


def runs(engine: Engine) -> set[Path]:
    """The folders of the runs that have something in the engine."""
    label = {"label": RUN_LABEL}
    found = {run for run, _ in containers(engine)}
    for thing in (*engine.client.networks.list(filters=label), *engine.client.volumes.list(filters=label)):
        found.add(Path(thing.attrs["Labels"][RUN_LABEL]))
    # Whoever runs Compose without the kit keeps what it made.
    return found - {Path()}


def _remove(thing: Any, **options: bool) -> None:
    try:
        thing.remove(**options)
    except NotFound:
        return
    except APIError as error:
        # Its removal may be under way already, by a `docker rm` or an earlier kit.
        if "in progress" not in str(error):
            raise ServiceError(
                _(
                    "Docker does not remove {name} ({reason}); remove it by hand: `docker rm -f`, "
                    "`docker network rm` or `docker volume rm`."
                ).format(name=thing.name, reason=error.explanation)
            ) from error
