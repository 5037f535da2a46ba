"""`kit services`: LocalStack and Label Studio as containers, for use by hand; runs have their own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kit import settings as settings_module
from kit.local_cloud import leftovers
from kit.local_cloud.container_services import ContainerServices, LabelStudioContainer, LocalStackContainer
from kit.local_cloud.docker_engine import require_engine
from kit.local_cloud.images import ensure_images
from kit.workshop import run_folder

_S3_PORT, _LABEL_STUDIO_PORT = 4566, 8080


@click.group()
def services() -> None:
    """S3 and the labelling server by hand, in containers."""


@services.command()
def up() -> None:
    """Start both; Label Studio goes on with the projects it had, S3 is empty."""
    settings, engine = settings_module.resolve({}, os.environ).settings, require_engine()
    ensure_images(engine, ("localstack", "label-studio"), say=click.echo)
    folder = _folder()
    both = ContainerServices(
        engine,
        folder,
        folder,
        s3_port=settings.s3_port or _S3_PORT,
        label_studio_port=settings.label_studio_port or _LABEL_STUDIO_PORT,
    )
    try:
        s3, label_studio = LocalStackContainer(both), LabelStudioContainer(both)
    except BaseException:
        both.close()
        raise
    click.echo(f"S3:           {s3.url} (any credentials)")
    click.echo(f"Label Studio: {label_studio.access.url}")
    click.echo(f"              {label_studio.access.user}, password {label_studio.access.password}")


@services.command()
def down() -> None:
    """Stop both, and remove what killed runs have left in the engine."""
    runs, engine = _folder().parent, require_engine()
    leftovers.remove(engine, _folder())
    leftovers.sweep(engine, lambda folder: run_folder.is_abandoned(folder, runs))


@services.command()
def ps() -> None:
    """List the containers of the kit, those of runs too."""
    for run, container in leftovers.containers(require_engine()):
        click.echo(f"{container.name} {container.status} {run}")


@services.command()
def logs() -> None:
    """Print what both have said so far."""
    for run, container in leftovers.containers(require_engine()):
        if run == _folder():
            click.secho(container.name, bold=True)
            click.echo(container.logs())


def _folder() -> Path:
    runs: Path = settings_module.resolve({}, os.environ).settings.runs
    return runs / run_folder.SERVICES
