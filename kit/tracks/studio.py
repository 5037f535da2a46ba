"""`make cloud-studio`: SageMaker Studio with a JupyterLab space, for those who want to see the console's side."""

from __future__ import annotations

import secrets

from kit.aws import studio
from kit.aws.session import open_account
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import title_of
from kit.run.opening import CLOUD, cloud_runs, is_finished, locked
from kit.run.results import StudioResult
from kit.settings import StudioSettings
from kit.tracks import driver

_STEM = "studio-"


def open_studio(settings: StudioSettings, console: Console) -> None:
    """Makes a domain, a profile and a space, or finds those of an earlier call, and says how to get in.

    Raises:
        InputError: nobody agreed.
        KitError: see `studio.open_space`; the same call goes on from there.
    """
    aws = open_account(settings.region)
    mine = [
        (folder, journal)
        for folder, journal in cloud_runs(settings.runs, console.say)
        if "studio" in journal.settings and not is_finished(journal, folder) and aws.is_that_of(journal.settings)
    ]
    if mine:
        folder, journal = mine[-1]
    else:
        console.say(
            _(
                "This makes a Studio domain with its own role, user profile, JupyterLab space on ml.t3.medium "
                "(about $0.05/h while it runs) and file system; `make cloud-clean` deletes all of it."
            )
        )
        if not settings.yes and not (console.is_interactive and console.confirms(_("Go on?"))):
            raise InputError(_("Stopped, as nobody said yes; nothing was created. YES=1 answers the question."))
        folder = RunFolder(settings.runs / f"{_STEM}{secrets.token_hex(4)}")
        folder.path.mkdir(parents=True)
        journal = Journal(folder.journal, folder.run_id, CLOUD, {"studio": True, **aws.identity})
        journal.save()
    with locked(folder):
        console.heading(title_of(StudioResult.stage))
        # Whoever has the address is signed in: it is shown, and not kept.
        opened: list[str] = []

        def work() -> StudioResult:
            opened.append(studio.open_space(aws, journal, settings.poll_seconds, console.say))
            return StudioResult(opened=True)

        driver.run_work(StudioResult.stage, work, journal, console)
    console.say(_("Open within five minutes: {address}").format(address=opened[0]))
    console.say(
        _("In its terminal: git clone <your copy of this repository>; then open samples/workshop.ipynb from it.")
    )
    console.say(_("No copy on a server? Zip the folder without .venvs and runs, and drag it into the file browser."))
