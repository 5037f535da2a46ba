"""Runs the stages in order, in a new run or from where an earlier one was cut short."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import errno
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from kit.cloud import Cloud
from kit.console import Console
from kit.errors import InputError, KitError, ServiceError, SetupError
from kit.settings import AUTO, ResolvedSettings, Settings
from kit.workshop import (
    conversion,
    detection,
    endpoint,
    labelling,
    picture_set,
    run_folder,
    scoring,
    teardown,
    training,
    upload,
)
from kit.workshop.context import Context
from kit.workshop.journal import Journal
from kit.workshop.run_folder import RunFolder

# They say how to get there, not what is made: a run goes on under others.
_NOT_IDENTITY = ("runs", "s3_port", "label_studio_port", "threshold", "runtime")


class Stage(NamedTuple):
    """A stage by its name in the journal, what it does in a person's words, and its code."""

    name: str
    title: str
    run: Callable[[Context], dict[str, Any]]


STAGES = (
    Stage("pictures", "Pictures into the bucket", upload.run),
    Stage("labelling", "Labelling", labelling.run),
    Stage("conversion", "Conversion to JumpStart's data set", conversion.run),
    Stage("training", "Fine-tuning", training.run),
    Stage("endpoint", "Deployment to an endpoint", endpoint.run),
    Stage("detection", "Detection on held-out pictures", detection.run),
    Stage("scoring", "Scoring", scoring.run),
    Stage("clean-up", "Clean-up", teardown.run),
)


def open_run(resolved: ResolvedSettings, track: str, console: Console) -> tuple[RunFolder, Journal]:
    """The latest run when it is unfinished and was started with the same settings, else a new one."""
    settings = resolved.settings
    wanted = identity(settings)
    folder = run_folder.latest(settings.runs)
    if folder is not None and folder.journal.exists():
        journal = Journal.open(folder.journal)
        if not is_finished(journal, folder) and journal.track == track:
            if journal.settings == wanted and settings.runtime in (AUTO, journal.runtime or settings.runtime):
                console.say(f"Going on with {folder.run_id}")
                return folder, journal
            console.say(f"{folder.run_id} is unfinished, but was started with other settings: this is a new run.")
    folder = run_folder.create(settings.runs, track, datetime.datetime.now())
    journal = Journal(folder.journal, folder.run_id, track, wanted)
    journal.save()
    return folder, journal


def is_finished(journal: Journal, folder: RunFolder) -> bool:
    return all(journal.is_finished(stage.name) for stage in STAGES) and folder.summary.exists()


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
                f"The run {folder.run_id} is going on in another terminal; wait for it, or stop it first."
            ) from error
        yield
    folder.lock.unlink(missing_ok=True)


def run_stages(
    settings: Settings,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    open_cloud: Callable[[picture_set.PictureSet], contextlib.AbstractContextManager[Cloud]],
) -> None:
    """Runs the stages that are not finished; the cloud is opened only when there are any.

    Raises:
        KitError: a stage failed; it and the message are in the journal, and what was finished stays finished.
    """
    if all(journal.is_finished(stage.name) for stage in STAGES):
        return
    pictures = picture_set.collect(settings)
    with open_cloud(pictures) as cloud:
        context = Context(settings, pictures, cloud, folder, journal, console)
        for number, stage in enumerate(STAGES, start=1):
            heading = f"[{number}/{len(STAGES)}] {stage.title}"
            if journal.is_finished(stage.name):
                console.say(f"{heading}: done before")
                continue
            console.heading(heading)
            _run_stage(stage, context)


def as_kit_error(stage: Stage, error: Exception) -> KitError:
    """What a library said, in one sentence that names the stage; KitErrors pass through."""
    if isinstance(error, KitError):
        return error
    where = f"The stage {stage.name} was stopped"
    again = "mend that and run the same command again, it goes on from here"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SetupError(f"{where} because the disk is full ({error.filename}); free some space and run it again.")
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        return ServiceError(f"{where} by {error.operation_name}: {message.rstrip('.')} ({code}); {again}.")
    return ServiceError(f"{where}: {str(error).rstrip('.')}; {again}.")


def _run_stage(stage: Stage, context: Context) -> None:
    journal = context.journal
    journal.begin(stage.name)
    started = time.monotonic()
    try:
        result: Mapping[str, Any] = stage.run(context)
        context.cloud.durability.checkpoint()
    except (KitError, ClientError, BotoCoreError, OSError) as error:
        told = as_kit_error(stage, error)
        journal.fail(stage.name, time.monotonic() - started, str(told))
        raise told from error
    seconds = time.monotonic() - started
    journal.finish(stage.name, seconds, result)
    context.console.say(f"  {seconds:.1f} s")
