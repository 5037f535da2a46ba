"""Chooses the runtime of a run's local cloud: containers where there is a Docker engine, else processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from kit.console import Console
from kit.errors import SetupError
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.engine import Engine, probe_gpu, require_engine
from kit.local_cloud.docker.images import ensure_images, image_name
from kit.local_cloud.docker.local_mode import LocalMode, require_local_mode
from kit.local_cloud.parts import Command, Parts, Ports, as_processes, in_containers
from kit.local_cloud.process import choose_port
from kit.network import LOOPBACK
from kit.run import folder as run_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.settings import AUTO, DOCKER, PROCESS, LocalSettings, RunsSettings, RuntimeSettings


def require(settings: LocalSettings) -> None:
    """What can be told before there is a run.

    Raises:
        SetupError: what is asked for cannot be had: no Docker engine answers, or an environment cannot be made; a port
            is taken.
    """
    if settings.runtime == DOCKER:
        require_engine()
    if settings.runtime == PROCESS:
        environments.require()
    choose_port(settings.s3_port, setting="S3_PORT")
    choose_port(settings.label_studio_port, setting="LABEL_STUDIO_PORT", host=settings.host)


@contextmanager
def open_parts(
    settings: LocalSettings, folder: RunFolder, journal: Journal, console: Console, *, by_people: bool
) -> Iterator[Parts]:
    """The parts of the run's local cloud; says which runtime they are of and why, and enters it in the journal.

    A run that was cut short goes on with the runtime that it was begun with. With RUNTIME=auto a new run takes
    processes where this machine lacks something for containers, and says what.

    Args:
        by_people: whether people label, for whom Label Studio is served on HOST; else it is for this machine alone.

    Raises:
        SetupError: this machine lacks something for the runtime that was asked for.
        ServiceError: a part does not come up.
    """
    with ExitStack() as opened:
        ports = Ports(settings.s3_port, settings.label_studio_port, settings.host if by_people else LOOPBACK)
        name, reason, parts = _choose(settings, folder, journal, console, opened, ports)
        journal.runs_on(name, reason)
        console.say(_("Runtime: {name} ({reason})").format(name=name, reason=reason))
        yield opened.enter_context(parts)


def _choose(
    settings: LocalSettings,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    opened: ExitStack,
    ports: Ports,
) -> tuple[str, str, AbstractContextManager[Parts]]:
    """The runtime, why it is that, and its parts."""
    wanted = journal.runtime or settings.runtime
    reason = journal.runtime_reason or _("as RUNTIME says")
    if wanted != PROCESS:
        try:
            engine, local_mode = _containers(settings, folder, console, opened)
        except SetupError as error:
            if journal.runtime:
                raise SetupError(
                    _("{run_id} was begun in containers and goes on in them. {error}").format(
                        run_id=folder.run_id, error=error
                    )
                ) from error
            if wanted != AUTO:
                raise
            reason = _("in place of containers: {error}").format(error=error)
        else:
            reason = _("Docker {docker}, Compose {compose}; training {manner}").format(
                docker=engine.version, compose=engine.compose.version, manner=local_mode.manner
            )
            return DOCKER, reason, in_containers(engine, local_mode, folder.path, folder.local_cloud, ports)
    return PROCESS, reason, as_processes(folder.local_cloud, ports)


@contextmanager
def open_serving(settings: RuntimeSettings, folder: RunFolder, journal: Journal, console: Console) -> Iterator[Command]:
    """The program that serves a model, in the runtime that its run had unless another is asked for.

    Args:
        folder: in place of the run's, for what it makes meanwhile.

    Raises:
        SetupError: this machine lacks something for it.
    """
    if (journal.runtime if settings.runtime == AUTO else settings.runtime) != DOCKER:
        environments.require(environments.DETECTOR)
        yield environments.SERVE
        return
    with ExitStack() as opened:
        _engine, local_mode = _containers(settings, folder, console, opened)
        yield local_mode.serve


def _containers(
    settings: RunsSettings, folder: RunFolder, console: Console, opened: ExitStack
) -> tuple[Engine, LocalMode]:
    """All that containers need, made where it can be; raises SetupError with what is missing."""
    engine = require_engine()
    # Before images are built, which takes minutes.
    require_local_mode(folder.path)
    leftovers.sweep(engine, lambda path: run_folder.is_abandoned(path, settings.runs))
    ensure_images(engine, say=console.say)
    gpu = probe_gpu(engine, image_name("training"))
    return engine, opened.enter_context(LocalMode(engine, folder.path, gpu))
