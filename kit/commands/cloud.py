"""`kit cloud` and its companions: the workshop on AWS.

Each imports what it needs itself, because the SDKs take seconds that the other commands do not need.
"""

from __future__ import annotations

import click

from kit.commands.setting_flags import add_flags, resolved
from kit.console import Console
from kit.language import _
from kit.settings import CloudSettings


@click.command(
    help="\n\n".join(
        [
            _("Run the whole workshop on AWS, or go on with the run that was cut short."),
            _("Checks the account, shows the plan and its price, and asks before anything is made."),
        ]
    )
)
def cloud(**flags: str | None) -> None:
    from kit.tracks import cloud as cloud_track

    cloud_track.run(resolved(flags, CloudSettings), Console())


@click.command(
    "cloud-clean", help=_("Delete all that the runs on AWS made, in whatever state they are, and list what is left.")
)
def cloud_clean(**flags: str | None) -> None:
    from kit.tracks.clean import clean

    clean(resolved(flags, CloudSettings), Console())


@click.command(help=_("Check whether the workshop can run on this AWS account; makes nothing."))
def doctor(**flags: str | None) -> None:
    from kit.tracks import cloud as cloud_track

    settings = resolved(flags, CloudSettings).settings
    assert isinstance(settings, CloudSettings)  # noqa: S101 (as asked for)
    cloud_track.doctor(settings, Console())


@click.command(
    "cloud-quota", help=_("Ask AWS for one instance of the chosen training and endpoint type where the quota is 0.")
)
def cloud_quota(**flags: str | None) -> None:
    from kit.aws import quotas
    from kit.aws.session import open_account, told

    settings = resolved(flags, CloudSettings).settings
    assert isinstance(settings, CloudSettings)  # noqa: S101 (as asked for)
    aws = open_account(settings.region)
    for name in (
        quotas.training_quota(settings.train_instance, spot=settings.spot),
        quotas.endpoint_quota(settings.endpoint_instance),
    ):
        with told():
            click.echo(quotas.request_increase(aws, name))


@click.command(
    "cloud-studio",
    help=_("Make a SageMaker Studio domain with a JupyterLab space, and print the address that opens it."),
)
def cloud_studio(**flags: str | None) -> None:
    from kit.tracks.studio import open_studio

    settings = resolved(flags, CloudSettings).settings
    assert isinstance(settings, CloudSettings)  # noqa: S101 (as asked for)
    open_studio(settings, Console())


@click.command(
    "cloud-rehearsal", help=_("Run the workshop on AWS against a double of AWS on this machine: no account, no cost.")
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="OPERATION=CODE",
    envvar="KIT_FAULT",
    help=_("let an operation fail once, as in CreateTrainingJob=ResourceLimitExceeded"),
)
def cloud_rehearsal(faults: tuple[str, ...], **flags: str | None) -> None:
    from kit.tracks import rehearsal

    rehearsal.run(resolved(flags, CloudSettings), faults, Console())


for _command in (cloud, cloud_clean, doctor, cloud_quota, cloud_studio, cloud_rehearsal):
    add_flags(_command, CloudSettings)
