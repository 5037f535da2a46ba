"""`kit cloud` and its companions: the workshop on AWS.

Each imports what it needs itself, because the SDKs take seconds that the other commands do not need.
"""

from __future__ import annotations

import click

from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _
from kit.settings import (
    CleanSettings,
    CloudSettings,
    DoctorSettings,
    InstanceSettings,
    RehearsalSettings,
    ResolvedSettings,
    StudioSettings,
)


@click.command(
    cls=SettingsCommand,
    kind=CloudSettings,
    help="\n\n".join(
        [
            _("Run the whole workshop on AWS, or go on with the run that was cut short."),
            _("Checks the account, shows the plan and its price, and asks before anything is made."),
        ]
    ),
)
def cloud(resolved: ResolvedSettings[CloudSettings]) -> None:
    from kit.tracks import cloud as cloud_track

    cloud_track.run(resolved, Console())


@click.command(
    "cloud-clean",
    cls=SettingsCommand,
    kind=CleanSettings,
    help="\n\n".join(
        [
            _("Delete all that the runs on AWS made, in whatever state they are, and list what is left."),
            _("With ALL=1 also what was made by runs whose folder is gone, or on another machine."),
        ]
    ),
)
def cloud_clean(resolved: ResolvedSettings[CleanSettings]) -> None:
    from kit.tracks.clean import clean

    clean(resolved, Console())


@click.command(
    cls=SettingsCommand,
    kind=DoctorSettings,
    help=_("Check this machine, and whether the workshop can run on this AWS account; makes nothing."),
)
def doctor(resolved: ResolvedSettings[DoctorSettings]) -> None:
    from kit.tracks import doctor as doctor_track

    doctor_track.run(resolved.settings, Console())


@click.command(
    "cloud-quota",
    cls=SettingsCommand,
    kind=InstanceSettings,
    help=_("Ask AWS for one instance of the chosen training and endpoint type where the quota is 0."),
)
def cloud_quota(resolved: ResolvedSettings[InstanceSettings]) -> None:
    from kit.aws import quotas
    from kit.aws.session import open_account, told

    settings = resolved.settings
    aws = open_account(settings.region)
    for name in (
        quotas.training_quota(settings.train_instance, spot=settings.spot),
        quotas.endpoint_quota(settings.endpoint_instance),
    ):
        with told():
            click.echo(quotas.request_increase(aws, name))


@click.command(
    "cloud-studio",
    cls=SettingsCommand,
    kind=StudioSettings,
    help=_("Make a SageMaker Studio domain with a JupyterLab space, and print the address that opens it."),
)
def cloud_studio(resolved: ResolvedSettings[StudioSettings]) -> None:
    from kit.tracks.studio import open_studio

    open_studio(resolved.settings, Console())


@click.command(
    "cloud-rehearsal",
    cls=SettingsCommand,
    kind=RehearsalSettings,
    # It begins anew each time.
    without=("run",),
    help=_("Run the workshop on AWS against a double of AWS on this machine: no account, no cost."),
)
def cloud_rehearsal(resolved: ResolvedSettings[RehearsalSettings]) -> None:
    from kit.tracks import rehearsal

    rehearsal.run(resolved, Console(mark=_("[rehearsal] ")))
