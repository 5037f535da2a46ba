"""`kit services`: LocalStack and Label Studio as containers, by hand."""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.language import _
from kit.settings import ResolvedSettings, RunsSettings, ServicesSettings


# Each imports what it needs itself, because the SDKs take seconds that the other commands do not need.
@click.group(help=_("S3 and the labelling server by hand, in containers."))
def services() -> None:
    pass


@services.command(
    cls=SettingsCommand,
    kind=ServicesSettings,
    help=_("Start both; Label Studio goes on with the projects it had, S3 is empty."),
)
def up(resolved: ResolvedSettings[ServicesSettings]) -> None:
    from kit.tracks import services_by_hand

    services_by_hand.up(resolved.settings, click.echo)


@services.command(
    cls=SettingsCommand,
    kind=RunsSettings,
    help=_("Stop both, and remove what killed runs have left in the engine."),
)
def down(resolved: ResolvedSettings[RunsSettings]) -> None:
    from kit.tracks import services_by_hand

    services_by_hand.down(resolved.settings)


@services.command(help=_("List the containers of the kit, those of runs too."))
def ps() -> None:
    from kit.tracks import services_by_hand

    services_by_hand.ps(click.echo)


@services.command(cls=SettingsCommand, kind=RunsSettings, help=_("Print what both have said so far."))
def logs(resolved: ResolvedSettings[RunsSettings]) -> None:
    from kit.tracks import services_by_hand

    services_by_hand.logs(resolved.settings, click.echo)
