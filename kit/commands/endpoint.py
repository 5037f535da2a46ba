"""`kit endpoint [RUN]`: the model of a run behind an endpoint, with a page to try it."""

from __future__ import annotations

import click

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _
from kit.settings import EndpointSettings, ResolvedSettings


@click.command(
    cls=SettingsCommand,
    kind=EndpointSettings,
    help="\n\n".join(
        [
            _("Serve the model of RUN (by default the latest finished one) until Ctrl-C, with a page to try it."),
            _("The endpoint speaks the protocol of SageMaker's runtime: boto3, AWS CLI and SDK ask it as on AWS."),
        ]
    ),
)
@click.argument("run", shell_complete=run_names, default="")
def endpoint(resolved: ResolvedSettings[EndpointSettings], run: str) -> None:
    # Here, because the SDKs take seconds that the other commands do not need.
    from kit.tracks import endpoint as endpoint_track

    endpoint_track.run(resolved.settings, run, Console())
