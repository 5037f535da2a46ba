"""`kit suspects [RUN]`: a run's labels that are worth another look."""

from __future__ import annotations

import click

from kit.commands.run_argument import RUN
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.language import _
from kit.run.folder import LATEST
from kit.settings import ResolvedSettings, RunSettings


@click.command(
    cls=SettingsCommand,
    kind=RunSettings,
    help="\n\n".join(
        [
            _("Find the labels of RUN (by default the latest) that are worth another look, the worst first."),
            _(
                "Models are trained on this machine that have not learned from the very label that they judge, which "
                "takes about twice as long as the run's training. The list goes into the run's folder and report."
            ),
        ]
    ),
)
@RUN
def suspects(resolved: ResolvedSettings[RunSettings], name: str | None) -> None:
    # Here, because what it needs takes a second that the other commands do not need.
    from kit.report.suspects import told
    from kit.tracks import suspects as track

    settings, console = resolved.settings, Console()
    run = name or settings.run or LATEST
    found = track.find(settings.runs, run, console)
    for each in found.worth_a_look:
        console.say(f"  {each.suspicion:.2f}  {each.picture}: {told(each)}")
    console.say(
        _("Worth another look: {count} of {labels} labels, on {pictures} of the pictures.").format(
            count=len(found.worth_a_look), labels=found.labels, pictures=len(found.pictures)
        )
    )
