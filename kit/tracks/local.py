"""The local track from the first command to the report: opens the run, runs the stages, closes, tells."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from kit.cloud import Cloud
from kit.console import Console
from kit.errors import SetupError
from kit.language import _
from kit.local_cloud.cloud import LocalCloud
from kit.report import page
from kit.run import summary
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.settings import ResolvedSettings
from kit.tracks import driver as run
from kit.tracks import runtime

# What a run of the samples takes at its largest: database, copies of the pictures, model and logs, with room to spare.
NEEDED_BYTES = 300_000_000


def rehearse(resolved: ResolvedSettings, console: Console) -> None:
    """Runs the workshop on this machine, or goes on with the run that was cut short.

    Raises:
        KitError: see `run.run_stages`; the same call goes on from the stage that failed.
    """
    settings = resolved.settings
    require_space(settings.runs)
    folder, journal = run.open_run(resolved, "local", console)
    with run.locked(folder):

        @contextlib.contextmanager
        def local_cloud(pictures: PictureSet) -> Iterator[Cloud]:
            labelling = not journal.is_finished("labelling") and pictures.manifest is None
            with (
                runtime.open_parts(settings, folder, journal, console) as parts,
                LocalCloud(folder.cloud, parts, truth=pictures.truth, labelling=labelling) as services,
            ):
                yield services.cloud()

        run.run_stages(settings, folder, journal, console, local_cloud)
        facts = summary.summarise(journal)
        page.write(folder, journal, facts, resolved.origins)
        summary.write(folder, facts)
    _tell(console, folder, journal)


def require_space(folder: Path) -> None:
    """Raises SetupError when the disk that holds `folder`, which need not exist yet, is too full for a run."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < NEEDED_BYTES:
        raise SetupError(
            _(
                "The disk of {folder} is full: {free:.0f} MB are free, a run needs {needed:.0f} MB; "
                "free some space, or set RUNS to a folder elsewhere."
            ).format(folder=folder, free=free / 1e6, needed=NEEDED_BYTES / 1e6)
        )


def tell_score(console: Console, journal: Journal) -> None:
    """Says how well a finished run's model does, when there was something to score on."""
    scores = journal.result("scoring")
    if scores["map50"] is not None:
        console.heading(
            _("mAP@0.5 {map50:.3f} on {count} held-out pictures").format(
                map50=scores["map50"], count=journal.result("detection")["pictures"]
            )
        )


def _tell(console: Console, folder: RunFolder, journal: Journal) -> None:
    tell_score(console, journal)
    console.say(_("Report:     {path}").format(path=folder.report))
    console.say(_("Drawings:   {path}").format(path=folder.detections))
    left = ", ".join(journal.result("clean-up")["left_behind"]) or _("nothing")
    console.say(_("Left behind: {what}").format(what=left))
