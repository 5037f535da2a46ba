"""The local track from the first command to the report: opens the run, runs the stages, closes, tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from kit import browser
from kit.aws_api import AwsApi
from kit.console import Console
from kit.language import _
from kit.local_cloud.cloud import LocalCloud
from kit.run import contents, earlier_labels, opening, summary
from kit.run import folder as run_folder
from kit.run.chosen import with_settings_of_its_run
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.results import CleanUpResult, EndpointResult, LabellingResult
from kit.serving.server import bound
from kit.settings import LocalSettings, ResolvedSettings
from kit.tracks import driver, keeping, runtime
from kit.tracks.assisting import assistance


def run(resolved: ResolvedSettings[LocalSettings], console: Console) -> None:
    """Runs the workshop on this machine, or goes on with the run that was cut short.

    Raises:
        KitError: see `driver.run_stages`; the same call goes on from the stage that failed.
    """
    resolved = with_settings_of_its_run(resolved, opening.LOCAL)
    settings = resolved.settings
    run_folder.require_space(settings.runs)
    # Before there is a run: what is refused leaves none behind.
    collected = earlier_labels.collect(settings, console)
    helped = assistance(settings, collected)

    def same(folder: RunFolder) -> bool:
        return not contents.since(folder.contents, collected)

    if opening.unfinished(resolved, opening.LOCAL, runtime=settings.runtime) is None:
        runtime.require(settings)
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(bound(settings.host, settings.port)) if settings.keep else None
        run_opened = opening.open_run(resolved, opening.LOCAL, console, runtime=settings.runtime, same=same)
        folder, journal = opened.enter_context(run_opened)

        @contextlib.contextmanager
        def local_cloud(pictures: PictureSet) -> Iterator[AwsApi]:
            labelling = not journal.is_finished(LabellingResult.stage) and pictures.needs_labelling
            with (
                runtime.open_parts(settings, folder, journal, console, by_people=pictures.by_people) as parts,
                LocalCloud(
                    folder.local_cloud,
                    parts,
                    truth=pictures.truth,
                    workers=settings.workers,
                    assistance=helped,
                    labelling=labelling,
                    say=console.say,
                ) as services,
            ):
                yield services.api()

        def write_report() -> dict[str, Any]:
            from kit.report import page  # with Matplotlib, for which nobody waits before there is a report

            facts = summary.summarise(journal)
            page.write(folder, journal, facts, resolved.origins)
            return facts

        def before_clean_up(context: Context) -> None:
            if listener is not None:
                write_report()
                driver.tell_score(console, journal)
                endpoint = journal.result(EndpointResult).endpoint
                keeping.keep_open(context.api, endpoint, folder, journal, console, listener, browse=settings.browser)

        driver.run_stages(settings, collected, folder, journal, console, local_cloud, before_clean_up=before_clean_up)
        summary.write(folder, write_report())
    _tell(console, folder, journal)
    browser.open_page(folder.report.as_uri(), console, wanted=settings.browser)


def _tell(console: Console, folder: RunFolder, journal: Journal) -> None:
    driver.tell_score(console, journal)
    console.say(_("Report:     {path}").format(path=folder.report))
    console.say(_("Drawings:   {path}").format(path=folder.detections))
    console.say(_("Try it:     make endpoint"))
    left = ", ".join(journal.result(CleanUpResult).left_behind) or _("nothing")
    console.say(_("Left behind: {what}").format(what=left))
