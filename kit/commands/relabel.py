"""`kit relabel [RUN]`: a new run whose labelling begins from another's labels."""

from __future__ import annotations

import click

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _
from kit.settings import RelabelSettings, ResolvedSettings


@click.command(
    cls=SettingsCommand,
    kind=RelabelSettings,
    without=("annotations", "attribute", "labeler", "relabel"),
    help="\n\n".join(
        [
            _("Correct the labels of RUN (by default the newest finished one), and label what has come since."),
            _(
                "A new run begins from them, with that run's settings unless others are given; the pictures that its "
                "model was found wrong on (`make endpoint`) join. The same command goes on with it."
            ),
        ]
    ),
)
@click.argument("name", metavar="[RUN]", required=False, shell_complete=run_names)
def relabel(resolved: ResolvedSettings[RelabelSettings], name: str | None) -> None:
    # Here, because the SDKs and the plotting library take seconds and 150 MB that the other commands do not need.
    from kit.tracks import relabel as track

    track.run(resolved, name, Console())
