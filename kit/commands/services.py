"""`kit services`: LocalStack and Label Studio as containers, by hand."""

from __future__ import annotations

import os

import click

from kit.language import _
from kit.settings import Settings, resolve


# Each imports what it needs itself, because the SDKs take seconds that the other commands do not need.
@click.group(help=_("S3 and the labelling server by hand, in containers."))
def services() -> None:
    pass


@services.command(help=_("Start both; Label Studio goes on with the projects it had, S3 is empty."))
def up() -> None:
    from kit.tracks import services_by_hand

    services_by_hand.up(_settings(), click.echo)


@services.command(help=_("Stop both, and remove what killed runs have left in the engine."))
def down() -> None:
    from kit.tracks import services_by_hand

    services_by_hand.down(_settings())


@services.command(help=_("List the containers of the kit, those of runs too."))
def ps() -> None:
    from kit.tracks import services_by_hand

    services_by_hand.ps(click.echo)


@services.command(help=_("Print what both have said so far."))
def logs() -> None:
    from kit.tracks import services_by_hand

    services_by_hand.logs(_settings(), click.echo)


def _settings() -> Settings:
    return resolve({}, os.environ).settings
