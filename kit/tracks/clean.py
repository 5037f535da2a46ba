"""`make cloud-clean`: deletes what runs of the cloud track made, in whatever state they were left."""

from __future__ import annotations

import os
from typing import Any

from kit.aws import prices, spending
from kit.aws.assembly import NO_ALGORITHM, assemble
from kit.aws.prices import Price
from kit.aws.session import Aws, open_account
from kit.console import Console
from kit.errors import KitError, ServiceError
from kit.language import _
from kit.report import page
from kit.run import names, summary
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.opening import cloud_runs, is_finished, locked
from kit.run.picture_set import PictureSet
from kit.run.results import CleanUpResult
from kit.settings import CloudSettings, ResolvedSettings
from kit.tracks import driver


def clean(resolved: ResolvedSettings[CloudSettings], console: Console) -> None:
    """Cleans up after every run that may have left something on AWS, each in the region that it was made in.

    Raises:
        ServiceError: something is left, could not be deleted or could not be looked at; the rest is gone. The same call
            goes on from there.
    """
    settings = resolved.settings
    left: list[str] = []
    found = cloud_runs(settings.runs, left.append, settings.run)
    runs = [(folder, journal) for folder, journal in found if may_have_left(journal, folder)]
    if not runs and not left:
        console.say(_("No run under {runs} has left anything on AWS.").format(runs=settings.runs))
        return
    accounts: dict[str | None, Aws] = {}
    for folder, journal in runs:
        region = journal.settings.get("in_region") or settings.region
        if region not in accounts:
            accounts[region] = open_account(region)
        if accounts[region].is_that_of(journal.settings):
            left += _clean_run(accounts[region], resolved, folder, journal, console)
        else:
            left.append(
                _("{run} is of another account (in {region}): sign in there").format(run=folder.run_id, region=region)
            )
    if left:
        raise ServiceError(
            _("Not all is gone: {what}. Run `make cloud-clean` again in a few minutes.").format(
                what="; ".join(each.rstrip(".") for each in left)
            )
        )
    console.say(_("Nothing is left."))


def may_have_left(journal: Journal, folder: RunFolder) -> bool:
    """Whether its ledger names what is not known to be gone, or its clean-up did not come to a clean end.

    What a rehearsal made went with the stand-in for AWS, unless that answers still.
    """
    if journal.is_rehearsal and journal.settings["endpoint_url"] != os.environ.get("AWS_ENDPOINT_URL"):
        return False
    if journal.existing() or not is_finished(journal, folder):
        return bool(journal.resources)
    return bool(journal.result(CleanUpResult).left_behind)


def clean_up(
    aws: Aws, resolved: ResolvedSettings[CloudSettings], folder: RunFolder, journal: Journal, console: Console
) -> list[str]:
    """Deletes what the run's ledger names, and returns what AWS still lists of it.

    Raises:
        KitError: something could not be deleted; the ledger says what is gone.
    """
    console.heading(names.title_of(names.CLEAN_UP))
    settings = resolved.settings
    api = assemble(aws, settings, journal, NO_ALGORITHM)
    context = Context(settings, PictureSet((), ()), api, folder, journal, console)
    folder.results.mkdir(exist_ok=True)
    driver.run_alone(driver.CLEAN_UP, context)
    return list(journal.result(CleanUpResult).left_behind)


def write_report(
    resolved: ResolvedSettings[CloudSettings], folder: RunFolder, journal: Journal, training: Price, endpoint: Price
) -> dict[str, Any]:
    """Writes the report of a run that is finished but for its clean-up, at least; returns its summary."""
    facts = summary.summarise(journal, spending.spent_usd(journal, training, endpoint))
    origins = {**dict.fromkeys(journal.settings, "AWS"), **resolved.origins}
    page.write(folder, journal, facts, origins)
    return facts


def _clean_run(
    aws: Aws, resolved: ResolvedSettings[CloudSettings], folder: RunFolder, journal: Journal, console: Console
) -> list[str]:
    """Cleans up after a run; returns what is left of it, in words."""
    settings = resolved.settings
    console.say(f"{folder.run_id}:")
    with locked(folder):
        try:
            left = clean_up(aws, resolved, folder, journal, console)
        except KitError as error:
            return [str(error)]
        for resource in journal.resources:
            now = _("ended") if resource.is_job else _("deleted")
            console.say(f"  {resource.kind} {resource.name}: {now}")
        if all(journal.is_finished(stage) for stage in names.STAGES):
            training = prices.instance_price(aws, settings.train_instance, prices.TRAINING)
            endpoint = prices.instance_price(aws, settings.endpoint_instance, prices.HOSTING)
            summary.write(folder, write_report(resolved, folder, journal, training, endpoint))
    return [f"{folder.run_id}: {what}" for what in left]
