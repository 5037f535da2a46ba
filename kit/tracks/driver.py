"""Runs the stages in order, in a new run or from where an earlier one was cut short."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from kit import advice
from kit.aws.answers import MemberMissingError
from kit.aws_api import AwsApi
from kit.console import Console
from kit.errors import KitError, ServiceError, SetupError
from kit.language import _
from kit.run import contents, names
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.results import DetectionResult, Result, ScoringResult, StageResult
from kit.settings import Settings
from kit.stages import clean_up, conversion, detection, endpoint, labelling, pictures, renewal, scoring, training


class Preparation(NamedTuple):
    """Work before the stages, from whose result the API is put together."""

    name: str
    run: Callable[[], StageResult]


class Stage(NamedTuple):
    """A stage by its name in the journal, and its code."""

    name: str
    run: Callable[[Context], StageResult]


# In the order of `names.STAGES`.
STAGES = (
    Stage("pictures", pictures.run),
    Stage("labelling", labelling.run),
    Stage("conversion", conversion.run),
    Stage("training", training.run),
    Stage("endpoint", endpoint.run),
    Stage("detection", detection.run),
    Stage("scoring", scoring.run),
    Stage("clean-up", clean_up.run),
)
CLEAN_UP = STAGES[-1]


def run_stages(
    settings: Settings,
    collected: PictureSet,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    open_api: Callable[[PictureSet], contextlib.AbstractContextManager[AwsApi]],
    *,
    preparations: Sequence[Preparation] = (),
    stages: Sequence[Stage] | None = None,
    before_clean_up: Callable[[Context], None] | None = None,
) -> None:
    """Runs what is not finished, and what was finished with other pictures or labels; the API is opened only when there
    are any stages to run, after the preparations.

    Args:
        stages: some of `STAGES`; all of them by default.
        before_clean_up: what else is done while all is there still.

    Raises:
        KitError: a stage failed; it and the message are in the journal, and what was finished stays finished.
    """
    if stages is None:
        stages = STAGES
    before = contents.read(folder.contents)
    now = contents.look(collected, before)
    changed = None
    if before is None:
        contents.write(folder.contents, now)
    # A run that is being cleaned up has nothing left to do anew with.
    elif names.CLEAN_UP not in journal.stages and (changed := contents.difference(before, now)):
        console.say(
            _("Since this run was begun something has changed ({what}); the stages after it are done anew.").format(
                what=changed
            )
        )
        journal.outdate(names.STAGES if changed.pictures else list(names.STAGES)[1:])
    if all(journal.is_finished(stage.name) for stage in stages):
        return
    total = len(preparations) + len(STAGES)

    def step(number: int, name: str, work: Callable[[], StageResult]) -> None:
        heading = f"[{number}/{total}] {names.title_of(name)}"
        if journal.is_finished(name):
            console.say(_("{what}: done before").format(what=heading))
            return
        console.heading(heading)
        run_work(name, work, journal, console)

    for number, preparation in enumerate(preparations, start=1):
        step(number, preparation.name, preparation.run)
    with open_api(collected) as api:
        context = Context(settings, collected, api, folder, journal, console)

        def run(stage: Stage) -> StageResult:
            result = stage.run(context)
            api.durability.checkpoint()
            return result

        if before is not None and changed:
            renewal.renew(context, before, now)
        for stage in stages:
            if stage is CLEAN_UP and before_clean_up is not None:
                before_clean_up(context)
            number = len(preparations) + STAGES.index(stage) + 1
            step(number, stage.name, functools.partial(run, stage))


def run_alone(stage: Stage, context: Context) -> None:
    """Runs one stage whatever the others' state, finished before or not.

    Raises:
        KitError: as `run_stages`.
    """
    run_work(stage.name, lambda: stage.run(context), context.journal, context.console)


def as_kit_error(stage: str, error: Exception) -> KitError:
    """A library's error in one sentence that names the stage; KitErrors pass through."""
    if isinstance(error, KitError):
        return error
    where = _("The stage {stage} was stopped").format(stage=stage)
    if todo := advice.full_disk(error) or advice.not_writable(error):
        return SetupError(f"{where}: {todo}")
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        what_to_do = [advice.of(code) or advice.again(), advice.for_operation(error.operation_name)]
        said = _("The stage {stage} was stopped by {operation}: {message} ({code})").format(
            stage=stage, operation=error.operation_name, message=message.rstrip("."), code=code
        )
        return ServiceError("; ".join([said, *filter(None, what_to_do)]) + ".")
    todo = error.todo if isinstance(error, MemberMissingError) else advice.again()
    return ServiceError(f"{where}: {str(error).rstrip('.')}; {todo}.")


def run_work(name: str, work: Callable[[], Result], journal: Journal, console: Console) -> Result:
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


def tell_score(console: Console, journal: Journal) -> None:
    """Says how well a finished run's model does, when there was something to score on."""
    map50 = journal.result(ScoringResult).map50
    if map50 is not None:
        console.heading(
            _("mAP@0.5 {map50:.3f} on {count} held-out pictures").format(
                map50=map50, count=journal.result(DetectionResult).pictures
            )
        )
