"""Runs the stages in order, in a new run or from where an earlier one was cut short."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import errno
import fcntl
import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from kit import advice
from kit.cloud import Cloud
from kit.console import Console
from kit.errors import InputError, KitError, ServiceError, SetupError
from kit.language import _, marked
from kit.run import folder as run_folder
from kit.run import picture_set
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.settings import AUTO, ResolvedSettings, Settings
from kit.stages import clean_up as teardown
from kit.stages import conversion, detection, endpoint, labelling, scoring, training
from kit.stages import pictures as upload

# They say how to get there, not what is made: a run goes on under others.
_NOT_IDENTITY = (
    "runs", "s3_port", "label_studio_port", "threshold", "runtime",
    "train_instance", "endpoint_instance", "spot", "workers", "role_arn", "region", "endpoint_hours",
    "endpoint_minutes", "poll_seconds", "plan", "yes",
)  # fmt: skip


class Preparation(NamedTuple):
    """What comes before the stages because the cloud is put together from its result."""

    name: str
    title: str
    run: Callable[[], dict[str, Any]]


class Stage(NamedTuple):
    """A stage by its name in the journal, what it does in a person's words, and its code."""

    name: str
    title: str
    run: Callable[[Context], dict[str, Any]]


STAGES = (
    Stage("pictures", marked("Pictures into the bucket"), upload.run),
    Stage("labelling", marked("Labelling"), labelling.run),
    Stage("conversion", marked("Conversion to JumpStart's data set"), conversion.run),
    Stage("training", marked("Fine-tuning"), training.run),
    Stage("endpoint", marked("Deployment to an endpoint"), endpoint.run),
    Stage("detection", marked("Detection on held-out pictures"), detection.run),
    Stage("scoring", marked("Scoring"), scoring.run),
    Stage("clean-up", marked("Clean-up"), teardown.run),
)
# What is done on AWS before the stages, or beside them, by its name in the journal.
PREPARATIONS = {
    "role": marked("Execution role"),
    "team": marked("Private team"),
    "images": marked("The kit's own images into the registry"),
    "studio": "SageMaker Studio",
}
_TITLES = PREPARATIONS | {stage.name: stage.title for stage in STAGES}


def title_of(name: str) -> str:
    """What is done under this name of the journal, in the reader's words."""
    return _(_TITLES.get(name, name))


def open_run(
    resolved: ResolvedSettings,
    track: str,
    console: Console,
    *,
    where: Mapping[str, str] | None = None,
    among: Iterable[RunFolder] | None = None,
    tail: str = "",
) -> tuple[RunFolder, Journal]:
    """A run that is unfinished and was started with the same settings, else a new one.

    Args:
        where: what else has to be the same: the account, say.
        among: the runs to look at, by default the latest alone.
        tail: ends a new run's name.
    """
    found = unfinished(resolved, track, where, among)
    if found is not None:
        run_folder.make_latest(found[0])
        console.say(_("Going on with {run}").format(run=found[0].run_id))
        return found
    settings = resolved.settings
    left = run_folder.latest(settings.runs)
    if left is not None and left.journal.exists() and not is_finished(Journal.open(left.journal), left):
        console.say(
            _("{run} is unfinished, but was started with other settings: this is a new run.").format(run=left.run_id)
        )
    folder = run_folder.create(settings.runs, f"{track}{tail}", datetime.datetime.now())
    journal = Journal(folder.journal, folder.run_id, track, {**identity(settings), **(where or {})})
    journal.save()
    return folder, journal


def unfinished(
    resolved: ResolvedSettings,
    track: str,
    where: Mapping[str, str] | None = None,
    among: Iterable[RunFolder] | None = None,
) -> tuple[RunFolder, Journal] | None:
    """The first run with which the same command goes on; the arguments are those of `open_run`."""
    settings = resolved.settings
    if among is None:
        latest = run_folder.latest(settings.runs)
        among = [latest] if latest else []
    for folder in among:
        if not folder.journal.exists():
            continue
        journal = Journal.open(folder.journal)
        if is_finished(journal, folder) or journal.track != track:
            continue
        same = journal.settings == {**identity(settings), **(where or {})}
        if same and settings.runtime in (AUTO, journal.runtime or settings.runtime):
            return folder, journal
    return None


def is_finished(journal: Journal, folder: RunFolder) -> bool:
    """Whether nothing of it is left to do: it went to its end, or was cleaned up before."""
    done = [journal.is_finished(stage.name) for stage in STAGES]
    return done[-1] and (folder.summary.exists() or not all(done))


def identity(settings: Settings) -> dict[str, Any]:
    """What makes a command "the same command": the settings that decide what comes out."""
    values = dataclasses.asdict(settings)
    return json.loads(json.dumps({k: v for k, v in values.items() if k not in _NOT_IDENTITY}, default=str))  # type: ignore[no-any-return]


@contextlib.contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Keeps a second `kit` away from the same run for as long as the block lasts.

    Raises:
        InputError: another one has it.
    """
    with folder.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                _("The run {run} is going on in another terminal; wait for it, or stop it first.").format(
                    run=folder.run_id
                )
            ) from error
        yield
    folder.lock.unlink(missing_ok=True)


def run_stages(
    settings: Settings,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    open_cloud: Callable[[picture_set.PictureSet], contextlib.AbstractContextManager[Cloud]],
    *,
    preparations: Sequence[Preparation] = (),
    stages: Sequence[Stage] | None = None,
) -> None:
    """Runs what is not finished; the cloud is opened only when there are any stages to run, after the preparations.

    Args:
        stages: some of `STAGES`; all of them by default.

    Raises:
        KitError: a stage failed; it and the message are in the journal, and what was finished stays finished.
    """
    if stages is None:
        stages = STAGES
    if all(journal.is_finished(stage.name) for stage in stages):
        return
    pictures = picture_set.collect(settings)
    total = len(preparations) + len(STAGES)

    def step(number: int, name: str, title: str, work: Callable[[], Mapping[str, Any]]) -> None:
        heading = f"[{number}/{total}] {_(title)}"
        if journal.is_finished(name):
            console.say(_("{what}: done before").format(what=heading))
            return
        console.heading(heading)
        run_work(name, work, journal, console)

    for number, preparation in enumerate(preparations, start=1):
        step(number, preparation.name, preparation.title, preparation.run)
    with open_cloud(pictures) as cloud:
        context = Context(settings, pictures, cloud, folder, journal, console)

        def run(stage: Stage) -> Mapping[str, Any]:
            result = stage.run(context)
            cloud.durability.checkpoint()
            return result

        for stage in stages:
            number = len(preparations) + STAGES.index(stage) + 1
            step(number, stage.name, stage.title, functools.partial(run, stage))


def run_alone(stage: Stage, context: Context) -> Mapping[str, Any]:
    """Runs one stage whatever the others' state, finished before or not; returns its result.

    Raises:
        KitError: as `run_stages`.
    """
    return run_work(stage.name, lambda: stage.run(context), context.journal, context.console)


def as_kit_error(stage: str, error: Exception) -> KitError:
    """What a library said, in one sentence that names the stage; KitErrors pass through."""
    if isinstance(error, KitError):
        return error
    where = _("The stage {stage} was stopped").format(stage=stage)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SetupError(
            f"{where}: " + _("the disk is full ({file}); free some space and run it again.").format(file=error.filename)
        )
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        todo = [advice.of(code) or advice.again(), advice.for_operation(error.operation_name)]
        said = _("The stage {stage} was stopped by {operation}: {message} ({code})").format(
            stage=stage, operation=error.operation_name, message=message.rstrip("."), code=code
        )
        return ServiceError("; ".join([said, *filter(None, todo)]) + ".")
    return ServiceError(f"{where}: {str(error).rstrip('.')}; {advice.again()}.")


def run_work(name: str, work: Callable[[], Mapping[str, Any]], journal: Journal, console: Console) -> Mapping[str, Any]:
    """Does work under a name of the journal, which tells of its begin, end or failure; returns its result.

    Raises:
        KitError: it failed; what a library said is told as `as_kit_error` does.
    """
    journal.begin(name)
    started = time.monotonic()
    try:
        result = work()
    except (KitError, ClientError, BotoCoreError, OSError) as error:
        told = as_kit_error(name, error)
        journal.fail(name, time.monotonic() - started, str(told))
        raise told from error
    seconds = time.monotonic() - started
    journal.finish(name, seconds, result)
    console.say(_("  {seconds:.1f} s").format(seconds=seconds))
    return result
