"""`make cloud-clean ALL=1`: runs of which no folder tells get one, with a ledger of what AWS has of them."""

from __future__ import annotations

from collections import defaultdict

from kit.aws import whole_account
from kit.aws.session import Aws, told
from kit.aws.whole_account import Found
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.opening import CLOUD, locked
from kit.settings import CleanSettings


def enter_all(aws: Aws, settings: CleanSettings, console: Console) -> list[str]:
    """Shows all that the kit made in the account and region, asks, and enters it in the ledgers of its runs.

    Returns:
        What could not be looked for, in words.

    Raises:
        InputError: nobody agreed; nothing was entered.
    """
    with told():
        found, missed = whole_account.search(aws)
    by_run: defaultdict[str, list[Found]] = defaultdict(list)
    for each in found:
        by_run[each.run].append(each)
    console.heading(
        _("Account …{digits}, {region}: {count} things that this kit made, in anybody's runs").format(
            digits=aws.account[-4:], region=aws.region, count=len(found)
        )
    )
    for run, things in sorted(by_run.items()):
        console.say(f"{run}:")
        for each in things:
            console.say(f"  {each.kind} {each.name}")
    if found:
        _ask(settings, console)
    for run, things in by_run.items():
        _enter(aws, RunFolder(settings.runs / run), things)
    return [_("{kind} cannot be looked for ({reason})").format(kind=each.kind, reason=each.reason) for each in missed]


def _ask(settings: CleanSettings, console: Console) -> None:
    if settings.yes:
        return
    if not console.is_interactive:
        raise InputError(_("There is no terminal to ask on whether to delete all of this; say YES=1."))
    if not console.confirms(_("Delete all of this, also what other people's runs made?")):
        raise InputError(_("Stopped, as you answered; nothing was deleted."))


def _enter(aws: Aws, folder: RunFolder, things: list[Found]) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if folder.journal.exists():
            journal = Journal.open(folder.journal)
        else:
            journal = Journal(folder.journal, folder.run_id, CLOUD, aws.identity)
            journal.save()
        named = {(resource.kind, resource.name) for resource in journal.existing()}
        for each in things:
            if (each.kind, each.name) not in named:
                journal.will_create(each.kind, each.name)
