"""`make endpoint`: the model of a finished run behind an endpoint, with the page to try it, until Ctrl-C."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kit.aws.assembly import NO_ALGORITHM, assemble
from kit.aws.session import open_account
from kit.console import Console
from kit.errors import InputError, ServiceError
from kit.language import _
from kit.local_cloud.account import ACCOUNT
from kit.local_cloud.hosting.invoke import EndpointInvoker
from kit.local_cloud.hosting.lone_endpoint import serving
from kit.run import folder as run_folder
from kit.run import names
from kit.run.folder import ENDPOINT_FOLDERS, RunFolder
from kit.run.journal import Journal
from kit.run.opening import CLOUD, cloud_runs, locked
from kit.run.trained_model import model_of
from kit.serving.pieces import pieces_here
from kit.serving.protocol import OneEndpoint
from kit.serving.server import bound
from kit.serving.show import show
from kit.serving.subject import subject_of
from kit.settings import OWN, CloudSettings, EndpointSettings
from kit.tracks import runtime
from kit.tracks.keeping import AWS_WATCH_SECONDS, ending_of, keep_open, pieces_of


def run(settings: EndpointSettings, name: str, console: Console) -> None:
    """Serves until Ctrl-C.

    Args:
        name: of the run; "" for the latest that will do.

    Raises:
        KitError: there is no such run, endpoint or port, or the endpoint does not come up or ends.
    """
    if settings.track == CLOUD:
        _live(settings, name, console)
    else:
        _here(settings, name, console)


def _here(settings: EndpointSettings, name: str, console: Console) -> None:
    model = model_of(settings.runs, name or None)
    folder, journal, endpoint = model.run, Journal.open(model.run.journal), model.endpoint
    if journal.track == CLOUD and not journal.is_rehearsal and journal.settings.get("trainer") != OWN:
        raise InputError(
            _("The model of {run} is JumpStart's, which AWS alone can serve: `make endpoint TRACK=cloud`.").format(
                run=folder.run_id
            )
        )
    subject = subject_of(folder, journal)
    # Before what takes seconds: a port that is taken is told at once.
    with bound(settings.host, settings.port) as listener, _own_folder(settings.runs) as own:
        console.say(_("The model of {run} comes up …").format(run=folder.run_id))
        with (
            runtime.open_serving(settings, own, journal, console) as command,
            serving(model.artifact, endpoint, own.path / "served", command) as served,
        ):
            one = OneEndpoint(endpoint, EndpointInvoker(served), ACCOUNT)
            show(listener, one, subject, console, pieces=pieces_here, browse=settings.browser, ending=served.ending)
    console.say(_("Ended; nothing is left of it."))


@contextlib.contextmanager
def _own_folder(runs: Path) -> Iterator[RunFolder]:
    """A folder for one endpoint, removed at the end; what killed ones have left goes first."""
    for left in map(RunFolder, runs.glob(f"{ENDPOINT_FOLDERS}*")):
        if left.lock.exists() and not left.is_locked():
            shutil.rmtree(left.path)
    own = RunFolder(Path(tempfile.mkdtemp(prefix=ENDPOINT_FOLDERS, dir=runs)))
    try:
        with locked(own):
            yield own
    finally:
        shutil.rmtree(own.path)


def _live(settings: EndpointSettings, name: str, console: Console) -> None:
    folder, journal, endpoint = _with_endpoint(settings.runs, name)
    aws = open_account(journal.settings.get("in_region"))
    if not aws.is_that_of(journal.settings):
        raise InputError(
            _("The endpoint of {run} is of another account (in {region}): sign in there.").format(
                run=folder.run_id, region=journal.settings.get("in_region")
            )
        )

    api = assemble(aws, CloudSettings(), journal, NO_ALGORITHM)
    with bound(settings.host, settings.port) as listener:
        if reason := ending_of(api, endpoint, console):
            raise ServiceError(_("{reason} `make cloud` makes another.").format(reason=reason))
        keep_open(
            api,
            endpoint,
            folder,
            journal,
            console,
            listener,
            browse=settings.browser,
            pieces=partial(pieces_of, aws),
            watch_seconds=AWS_WATCH_SECONDS,
        )
    console.heading(_("Endpoint {name} goes on and costs money; `make cloud-clean` deletes it.").format(name=endpoint))


def _with_endpoint(runs: Path, name: str) -> tuple[RunFolder, Journal, str]:
    """The run of that name, or the latest of the cloud track, whose ledger has an endpoint; and its name."""
    wanted = run_folder.find(runs, name).run_id if name else None
    complaints: list[str] = []
    for folder, journal in reversed(list(cloud_runs(runs, complaints.append))):
        there = [resource.name for resource in journal.existing() if resource.kind == names.ENDPOINT]
        if there and wanted in (None, folder.run_id):
            return folder, journal, there[0]
    raise InputError(
        " ".join(
            [
                _("No run under {runs} has an endpoint on AWS; `make cloud KEEP=1` keeps one.").format(runs=runs)
                if wanted is None
                else _("{run} has no endpoint on AWS; `make cloud KEEP=1` keeps one.").format(run=wanted),
                *complaints,
            ]
        )
    )
