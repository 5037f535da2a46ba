"""`kit services`: LocalStack and Label Studio as containers, by hand."""

from __future__ import annotations

import os

import click

from kit.settings import Settings, resolve


# Each imports what it needs itself, because the SDKs take seconds that the other commands do not need.
@click.group()
def services() -> None:
    """S3 and the labelling server by hand, in containers."""


@services.command()
def up() -> None:
    """Start both; Label Studio goes on with the projects it had, S3 is empty."""
    from kit.workshop import services_by_hand

    services_by_hand.up(_settings(), click.echo)


@services.command()
def down() -> None:
    """Stop both, and remove what killed runs have left in the engine."""
    from kit.workshop import services_by_hand

    services_by_hand.down(_settings())


@services.command()
def ps() -> None:
    """List the containers of the kit, those of runs too."""
    from kit.workshop import services_by_hand

    services_by_hand.ps(click.echo)


@services.command()
def logs() -> None:
    """Print what both have said so far."""
    from kit.workshop import services_by_hand

    services_by_hand.logs(_settings(), click.echo)


def _settings() -> Settings:
    return resolve({}, os.environ).settings
