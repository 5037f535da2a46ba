"""LocalStack and Label Studio in containers for use by hand; runs have their own."""

from __future__ import annotations

from collections.abc import Callable

from kit.language import _
from kit.local_cloud.docker import leftovers
from kit.local_cloud.docker.engine import require_engine
from kit.local_cloud.docker.images import ensure_images
from kit.local_cloud.docker.local_mode_network import remove_network
from kit.local_cloud.docker.services import ContainerServices, LabelStudioContainer, LocalStackContainer
from kit.run import folder as run_folder
from kit.settings import RunsSettings, ServicesSettings

S3_PORT, LABEL_STUDIO_PORT = 4566, 8080


def up(settings: ServicesSettings, say: Callable[[str], None]) -> None:
    """Starts both anew and says how to get in; they stay until `down`.

    Raises:
        SetupError, ServiceError: one of them does not come up; then neither stays.
    """
    engine = require_engine()
    ensure_images(engine, ("localstack", "label-studio"), say=say)
    folder = settings.runs / run_folder.SERVICES
    services = ContainerServices(
        engine,
        folder,
        folder,
        s3_port=settings.s3_port or S3_PORT,
        label_studio_port=settings.label_studio_port or LABEL_STUDIO_PORT,
    )
    try:
        s3, label_studio = LocalStackContainer(services), LabelStudioContainer(services)
    except BaseException:
        services.close()
        raise
    say(_("S3:           {url} (any credentials)").format(url=s3.url))
    say(f"Label Studio: {label_studio.access.url}")
    say(
        _("              {user}, password {password}").format(
            user=label_studio.access.user, password=label_studio.access.password
        )
    )


def down(settings: RunsSettings) -> None:
    """Removes both from the engine, and what killed runs have left there."""
    engine = require_engine()
    leftovers.remove(engine, settings.runs / run_folder.SERVICES)
    leftovers.sweep(engine, lambda folder: run_folder.is_abandoned(folder, settings.runs))
    remove_network(engine.client)


def ps(say: Callable[[str], None]) -> None:
    """Lists the kit's containers, those of runs too."""
    for run, container in leftovers.containers(require_engine()):
        say(f"{container.name} {container.status} {run}")


def logs(settings: RunsSettings, say: Callable[[str], None]) -> None:
    """Tells what both have printed so far."""
    for run, container in leftovers.containers(require_engine()):
        if run == settings.runs / run_folder.SERVICES:
            say(f"{container.name}:\n{container.logs().decode(errors='replace')}")
