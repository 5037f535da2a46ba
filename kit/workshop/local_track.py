"""The local track from the first command to the report: opens the run, runs the stages, closes, tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kit.cloud import Cloud
from kit.console import Console
from kit.local_cloud.cloud import LocalCloud
from kit.report import page
from kit.settings import ResolvedSettings
from kit.workshop import run, summary
from kit.workshop.journal import Journal
from kit.workshop.picture_set import PictureSet
from kit.workshop.run_folder import RunFolder


def rehearse(resolved: ResolvedSettings, console: Console) -> None:
    """Runs the workshop on this machine, or goes on with the run that was cut short.

    Raises:
        KitError: see `run.run_stages`; the same call goes on from the stage that failed.
    """
    settings = resolved.settings
    folder, journal = run.open_run(resolved, "local", console)
    with run.locked(folder):

        @contextlib.contextmanager
        def local_cloud(pictures: PictureSet) -> Iterator[Cloud]:
            console.say(f"Runtime: {settings.runtime} (every part is a process of this machine, on 127.0.0.1)")
            with LocalCloud(
                folder.cloud,
                s3_port=settings.s3_port,
                label_studio_port=settings.label_studio_port,
                truth=pictures.truth,
                labelling=not journal.is_finished("labelling") and pictures.manifest is None,
            ) as services:
                yield services.cloud()

        run.run_stages(settings, folder, journal, console, local_cloud)
        facts = summary.summarise(journal)
        page.write(folder, journal, facts, resolved.origins)
        summary.write(folder, facts)
    _tell(console, folder, journal)


def _tell(console: Console, folder: RunFolder, journal: Journal) -> None:
    scores = journal.result("scoring")
    if scores["map50"] is not None:
        console.heading(f"mAP@0.5 {scores['map50']:.3f} on {journal.result('detection')['pictures']} held-out pictures")
    console.say(f"Report:     {folder.report}")
    console.say(f"Drawings:   {folder.detections}")
    console.say(f"Left behind: {', '.join(journal.result('clean-up')['left_behind']) or 'nothing'}")
