"""LocalStack and Label Studio as containers, behind the interfaces of `LocalStack` and `LabelStudioServer`.

with ContainerServices(engine, run, folder) as services, LocalStackContainer(services) as s3: ...
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from docker.errors import NotFound
from docker.models.containers import Container

from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.engine import Engine
from kit.local_cloud.docker.images import image_name
from kit.local_cloud.labelling.label_studio import access_on, knows_its_user
from kit.local_cloud.process import Service, choose_port, wait_until_ready
from kit.local_cloud.s3.localstack import S3Server, s3_answers
from kit.network import LOOPBACK
from kit.repository import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"
_LOCALSTACK_SECONDS = 120.0
# The vendor's image has its migrations still before it.
_LABEL_STUDIO_SECONDS = 600.0


class ContainerServices:
    """A run's Compose project, its ports and credentials; what a killed kit has left of it is removed first.

    Args:
        run: the run's folder; everything in the engine carries it as its label, see `leftovers`.
        folder: for the services' data and logs. After a stop or a kill Label Studio goes on with what is there.
        s3_port: None for a free one; so with `label_studio_port`.
        label_studio_host: the address of this machine that Label Studio is served on; 0.0.0.0 for all.

    Attributes:
        project: the name of the Compose project.

    Raises:
        SetupError: a port is taken.
        ServiceError: the engine does not remove what was left.
    """

    def __init__(
        self,
        engine: Engine,
        run: Path,
        folder: Path,
        *,
        s3_port: int | None = None,
        label_studio_port: int | None = None,
        label_studio_host: str = LOOPBACK,
    ) -> None:
        self.engine, self.run, self.folder = engine, run.absolute(), folder.absolute()
        leftovers.remove(engine, self.run)
        self.project = project_name(self.run)
        data = self.folder / "label-studio"
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.s3_port = choose_port(s3_port, setting="S3_PORT")
        port = choose_port(label_studio_port, setting="LABEL_STUDIO_PORT", host=label_studio_host)
        self.access = access_on(label_studio_host, port, data)
        self._settings = {
            "REHEARSAL_RUN": os.fspath(self.run),
            "LOCALSTACK_IMAGE": image_name("localstack"),
            "LABEL_STUDIO_IMAGE": image_name("label-studio"),
            "S3_PORT": str(self.s3_port),
            "LABEL_STUDIO_PORT": str(port),
            "LABEL_STUDIO_ADDRESS": label_studio_host,
            "LABEL_STUDIO_HOSTS": self.access.hosts,
            "LABEL_STUDIO_DATA": os.fspath(data),
            "LABEL_STUDIO_OWNER": "0:0" if engine.rootless else f"{os.getuid()}:{os.getgid()}",
            "LABEL_STUDIO_USERNAME": self.access.user,
            "LABEL_STUDIO_PASSWORD": self.access.password,
            "LABEL_STUDIO_USER_TOKEN": self.access.token,
            # A run asks its services itself; a check of the engine's is a process in the container each time.
            "HEALTH_INTERVAL": "30s",
        }

    def compose(self, *arguments: str) -> str:
        """Runs Compose on the project and returns what it printed; raises SetupError or ServiceError."""
        return self.engine.compose.run(self.project, COMPOSE_FILE, *arguments, settings=self._settings)

    def start(self, service: str, *, grace_seconds: int) -> ServiceContainer:
        """Starts one service and returns at once."""
        self.compose("up", "--detach", "--no-deps", "--no-build", service)
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        (container,) = self.engine.client.containers.list(all=True, filters={"label": labels})
        return ServiceContainer(service, container, self.folder / f"{service}.log", grace_seconds)

    def close(self) -> None:
        """Removes whatever the run has in the engine, its network last."""
        leftovers.remove(self.engine, self.run)

    def __enter__(self) -> ContainerServices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class ServiceContainer:
    """A container that can be waited for as a process can; see `process.Service`.

    Attributes:
        log: file that its output goes to when it is stopped.
    """

    def __init__(self, service: str, container: Container, log: Path, grace_seconds: int) -> None:
        self.name = _("The container of {service}").format(service=service)
        self.log = log
        self._container = container
        self._grace_seconds = grace_seconds

    def exit_status(self) -> int | None:
        """None while it runs; raises ServiceError when somebody has removed it."""
        try:
            self._container.reload()
        except NotFound as error:
            raise ServiceError(
                _("{name} was removed; run the same command again, it goes on.").format(name=self.name)
            ) from error
        state = self._container.attrs["State"]
        return None if state["Status"] in ("created", "running") else int(state["ExitCode"])

    def log_tail(self, lines: int = 8) -> str:
        return str(self._container.logs(tail=lines).decode(errors="replace"))

    def stop(self) -> None:
        """Stops and removes it; its output is kept in `log`."""
        try:
            self._container.stop(timeout=self._grace_seconds)
            with self.log.open("ab") as file:
                for part in self._container.logs(stream=True):
                    file.write(part)
            self._container.remove(force=True, v=True)
        except NotFound:
            # Somebody has removed it by hand.
            return


class _ReadyContainer:
    """A service's container that answers: started and waited for at once, and again by `restart`."""

    def __init__(
        self, start: Callable[[], ServiceContainer], answers: Callable[[], bool], timeout_seconds: float
    ) -> None:
        self._start, self._answers, self._timeout_seconds = start, answers, timeout_seconds
        self._container = self._start()
        self._wait_for_it()

    def _wait_for_it(self) -> None:
        try:
            wait_until_ready(self._container, self._answers, timeout=self._timeout_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def service(self) -> Service:
        return self._container

    def restart(self) -> None:
        self._container.stop()
        self._container = self._start()
        self._wait_for_it()

    def close(self) -> None:
        """Removes the container; its log, and what it keeps in its folder, stay."""
        self._container.stop()


class LocalStackContainer(_ReadyContainer, S3Server):
    """S3 in a container, as `kit.local_cloud.s3.localstack.LocalStack` is as a process.

    Raises:
        SetupError: the port is taken, or the image cannot be had.
        ServiceError: it did not become ready; with the end of its log.
    """

    def __init__(self, services: ContainerServices) -> None:
        S3Server.__init__(self, services.s3_port)
        # It waits for connections that its clients keep open, and holds nothing that a kill could harm.
        start = functools.partial(services.start, "localstack", grace_seconds=1)
        super().__init__(start, lambda: s3_answers(self.port), _LOCALSTACK_SECONDS)


class LabelStudioContainer(_ReadyContainer):
    """Label Studio in a container, as `LabelStudioServer` is as a process; it reads S3 of the same project.

    Attributes:
        access: where it is, and how to get in.

    Raises:
        SetupError: the port is taken, or the image cannot be had.
        ServiceError: it did not become ready; with the end of its log.
    """

    def __init__(self, services: ContainerServices) -> None:
        self.access = services.access
        start = functools.partial(services.start, "label-studio", grace_seconds=10)
        super().__init__(start, lambda: knows_its_user(self.access), _LABEL_STUDIO_SECONDS)


def project_name(run: Path) -> str:
    """`jumpstart-rehearsal-<run>-<hash>`: two checkouts can hold runs of the same name."""
    name = re.sub(r"[^a-z0-9_-]+", "-", run.name.lower())
    return f"jumpstart-rehearsal-{name}-{hashlib.sha256(os.fsencode(run)).hexdigest()[:6]}"
