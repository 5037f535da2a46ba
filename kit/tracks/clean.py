"""`make cloud-clean`: deletes what runs of the cloud track made, in whatever state they were left."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kit.aws import prices, spending
from kit.aws.assembly import NO_ALGORITHM, assemble, recorded_instances
from kit.aws.prices import Price
from kit.aws.resources.image_repository import ImageRepository
from kit.aws.session import Aws, open_account
from kit.console import Console
from kit.errors import KitError, ServiceError
from kit.language import _
from kit.run import names, summary
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.opening import cloud_runs, is_finished, locked
from kit.run.picture_set import PictureSet
from kit.run.results import CleanUpResult
from kit.settings import DEFAULT, JUMPSTART, OWN, CleanSettings, CloudSettings, ResolvedSettings
from kit.tracks import driver, rediscovery


def clean(resolved: ResolvedSettings[CleanSettings], console: Console) -> None:
    """Cleans up after every run that may have left something on AWS, each in the region that it was made in.

    With `all`, after the runs too of which no folder tells: those whose things are found in the account and region.

    Raises:
        InputError: nobody agreed that all that was found goes.
        ServiceError: something is left, could not be deleted or could not be looked at; the rest is gone. The same call
            goes on from there.
    """
    settings = resolved.settings
    left: list[str] = []
    accounts: dict[str | None, Aws] = {}
    if settings.all:
        aws = accounts[settings.region] = open_account(settings.region)
        left += rediscovery.enter_all(aws, settings, console)
    found = cloud_runs(settings.runs, left.append, settings.run)
    runs = [(folder, journal) for folder, journal in found if may_have_left(journal, folder)]
    if not runs and not left:
        console.say(
            _("Nothing is left.")
            if settings.all
            else _(
                "No run under {runs} has left anything on AWS; ALL=1 looks in the account for what other runs have."
            ).format(runs=settings.runs)
        )
        return
    # The latest first: its team may be in the workforce of an earlier one.
    for folder, journal in runs[::-1]:
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


def clean_up(aws: Aws, settings: CloudSettings, folder: RunFolder, journal: Journal, console: Console) -> list[str]:
    """Deletes what the run's ledger names, and returns what AWS still lists of it.

    Raises:
        KitError: something could not be deleted; the ledger says what is gone.
    """
    console.heading(names.title_of(names.CLEAN_UP))
    api = assemble(aws, settings, journal, NO_ALGORITHM)
    context = Context(settings, PictureSet((), ()), api, folder, journal, console)
    folder.results.mkdir(exist_ok=True)
    driver.run_alone(driver.CLEAN_UP, context)
    return list(journal.result(CleanUpResult).left_behind)


def write_report(
    folder: RunFolder, journal: Journal, training: Price, endpoint: Price, origins: Mapping[str, str]
) -> dict[str, Any]:
    """Writes the report of a run that is finished but for its clean-up, at least; returns its summary.

    Args:
        origins: of the settings, as far as they are known.
    """
    from kit.report import page  # with Matplotlib, for which nobody waits before there is a report

    facts = summary.summarise(journal, spending.spent_usd(journal, training, endpoint))
    page.write(folder, journal, facts, {**dict.fromkeys(journal.settings, "AWS"), **origins})
    return facts


def _clean_run(
    aws: Aws, resolved: ResolvedSettings[CleanSettings], folder: RunFolder, journal: Journal, console: Console
) -> list[str]:
    """Cleans up after a run; returns what is left of it, in words."""
    own = {resource.kind for resource in journal.resources} & {ImageRepository.name}
    settings = CloudSettings(poll_seconds=resolved.settings.poll_seconds, trainer=OWN if own else JUMPSTART)
    console.say(f"{folder.run_id}:")
    try:
        with locked(folder):
            left = clean_up(aws, settings, folder, journal, console)
            for resource in journal.resources:
                now = _("ended") if resource.is_job else _("deleted")
                console.say(f"  {resource.kind} {resource.name}: {now}")
            if all(journal.is_finished(stage) for stage in names.STAGES):
                instances = zip(recorded_instances(folder.model_record), (prices.TRAINING, prices.HOSTING), strict=True)
                training, endpoint = (prices.instance_price(aws, *instance) for instance in instances)
                origins = {name: DEFAULT for name in journal.settings if name not in aws.identity}
                summary.write(folder, write_report(folder, journal, training, endpoint, origins))
    except KitError as error:
        return [str(error)]
    return [f"{folder.run_id}: {what}" for what in left]
