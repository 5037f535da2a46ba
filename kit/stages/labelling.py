"""Stage "labelling": a Ground Truth bounding-box job over the pictures, or labels that exist already."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.aws_api import LABELING_JOB_RUNNING, unless_missing
from kit.errors import InputError, ServiceError
from kit.language import _
from kit.resources.labeling_job import LabelingJob
from kit.resources.waiting import wait_while
from kit.run import names
from kit.run.context import IMAGES, INPUT_MANIFEST, INSTRUCTIONS, LABELLING_OUTPUT, Context
from kit.run.picture_set import FEWEST_TO_TRAIN
from kit.run.results import LabellingResult
from kit.run.run_picture import RunPicture
from kit.s3_uri import bucket_and_key
from kit.stages import adjustment, known_labels
from kit.stages.conversion import choose_held_out
from kit.stages.download import download
from kit.stages.labelling_people import LabellingPeople
from kit.stages.labelling_request import TASKS_LAST_SECONDS, request, template


def run(context: Context) -> LabellingResult:
    context.folder.results.mkdir(exist_ok=True)
    if not context.pictures.needs_labelling and context.pictures.given is not None:
        context.pictures.given.write(context.folder.output_manifest, lambda name: context.uri(IMAGES + name))
        return count(context, known_labels.put_output(context, "given"))
    known = known_labels.read(context)
    asked = _asked(context, known)
    shown = _shown(context, asked, known)
    uri, labelled_by = "", dict[str, int]()
    if asked:
        uri, labelled_by = _job(context, asked, known, shown)
        download(context.api.s3, *bucket_and_key(uri), context.folder.output_manifest)
        if adjustment.is_wanted(context):
            adjustment.tell(context, adjustment.keep_answers(context.folder.output_manifest))
    if beside := {name: label for name, label in known.items() if name not in shown}:
        uri = known_labels.add(context, beside, answered=bool(asked))
    return dataclasses.replace(count(context, uri), labelled_by=labelled_by)


def _asked(context: Context, known: Mapping[str, AnnotatedPicture]) -> list[RunPicture]:
    """The pictures of the job, in its order: those without a label, or all where labels that exist can be corrected."""
    pictures = context.pictures
    if adjustment.is_wanted(context):
        return adjustment.asked(context)
    if pictures.again:
        by_name = {picture.name: picture for picture in pictures.pictures}
        return [by_name[name] for name in pictures.again if name in by_name]
    to_do = [picture for picture in pictures.pictures if picture.name not in known]
    with_boxes = [name for name, label in known.items() if label.boxes]
    if context.api.continues_labels and (
        to_do or pictures.goes_on or _trainable(context, with_boxes) < FEWEST_TO_TRAIN
    ):
        return list(pictures.pictures)
    return to_do


def _shown(
    context: Context, asked: Sequence[RunPicture], known: Mapping[str, AnnotatedPicture]
) -> dict[str, AnnotatedPicture]:
    """The labels that the job begins with, where they can be corrected: what it says of them holds."""
    if context.pictures.again or not context.api.continues_labels:
        return {}
    return {picture.name: known[picture.name] for picture in asked if picture.name in known}


def _proposals(context: Context, known: Mapping[str, AnnotatedPicture]) -> dict[str, AnnotatedPicture]:
    """Boxes that people begin from, by the picture's S3 URI."""
    pictures = context.pictures
    begun = {**pictures.proposals, **{name: known[name] for name in pictures.again if name in known}}
    return {context.uri(IMAGES + name): boxes for name, boxes in begun.items()}


def count(context: Context, output_manifest: str) -> LabellingResult:
    """Counts in the run's copy of the output manifest which state the pictures are in and how many boxes there are.

    Raises:
        InputError: there is too little to train on; the next attempt goes on with the labels there are.
    """
    stream = ground_truth.read(context.folder.output_manifest, labels=context.pictures.labels)
    states: Counter[str] = Counter()
    boxes: Counter[str] = Counter(dict.fromkeys(stream.labels, 0))
    with_boxes = []
    for picture in stream.pictures:
        states[picture.state.value] += 1
        boxes.update(box.label for box in picture.boxes)
        with_boxes += [picture.file_name] if picture.boxes else []
    if (trainable := _trainable(context, with_boxes)) < FEWEST_TO_TRAIN:
        # The job is over: the next attempt has another.
        known_labels.keep(context)
        context.journal.outdate_resources((LabelingJob.name,))
        raise InputError(_too_few(trainable, states.total()))
    labelled = states[LabelState.LABELLED.value]
    context.console.say(
        _("  Labelled: {labelled} of {total} pictures; boxes: {boxes}").format(
            labelled=labelled, total=states.total(), boxes=boxes.total()
        )
    )
    return LabellingResult(output_manifest, labelled, boxes.total(), dict(boxes), dict(states))


def _trainable(context: Context, with_boxes: Sequence[str]) -> int:
    """How many of the pictures with a box there are to train on."""
    return len(with_boxes) - len(choose_held_out(context, with_boxes))


def _too_few(trainable: int, total: int) -> str:
    if not trainable:
        return _(
            "Nobody drew a box on any of the {count} pictures, so there is nothing to train on; "
            "run the same command again and label some."
        ).format(count=total)
    return _(
        "Labelled pictures with a box to train on: {count}; at least {fewest} are needed; "
        "run the same command again and label more."
    ).format(count=trainable, fewest=FEWEST_TO_TRAIN)


def _job(
    context: Context,
    pictures: Sequence[RunPicture],
    known: Mapping[str, AnnotatedPicture],
    shown: Mapping[str, AnnotatedPicture],
) -> tuple[str, dict[str, int]]:
    """Creates the job or finds the one an earlier attempt created, and waits for it.

    Args:
        pictures: of the job.
        known: labels that exist, of those and of others.
        shown: those of them that the job begins with.

    Returns:
        the URI of its output manifest, and how many pictures each person of a team has labelled.
    """
    sagemaker, console = context.api.sagemaker, context.console
    name, existing = _usable_job(context)
    if existing is None:
        adjusts = adjustment.is_wanted(context)
        manifest = (
            adjustment.input_manifest(context, pictures)
            if adjusts
            else known_labels.input_manifest(context, name, pictures, shown)
        )
        context.api.s3.put_object(
            Bucket=context.bucket, Key=INPUT_MANIFEST, Body=manifest, ContentType="application/jsonlines"
        )
        context.api.s3.put_object(
            Bucket=context.bucket, Key=INSTRUCTIONS, Body=template(adjusts=adjusts), ContentType="text/html"
        )
        LabelingJob(context.api).make(context.journal, request(context, name, adjusts=adjusts))
    portal = context.api.portal(name)
    people = None if portal is None else LabellingPeople(context, name, portal)
    if proposals := _proposals(context, known):
        context.api.propose(name, proposals)
    if people is not None:
        people.show_way_in(len(shown), len(pictures))
    beside = known.keys() - {picture.name for picture in pictures}
    total = len(pictures) + len(beside)
    job: Mapping[str, Any] = {}
    with _waiting_for_people(context, people is not None), console.progress(_("labelled"), total) as advance:

        def pending() -> str | None:
            nonlocal job
            job = sagemaker.describe_labeling_job(LabelingJobName=name)
            labelled, left_out = len(beside) + _counter(job, "TotalLabeled"), _counter(job, "FailedNonRetryableError")
            notes = [_("{count} skipped").format(count=left_out)] if left_out else []
            if people is not None:
                notes += people.at(labelled, total)
            advance(labelled, "; ".join(notes))
            context.journal.note_done(LabellingResult.stage, labelled)
            if job["LabelingJobStatus"] not in LABELING_JOB_RUNNING:
                return None
            if job["LabelingJobStatus"] == "InProgress" and _wants_to_go_on(context, labelled):
                console.say(_("  Going on with {labelled} of {total} pictures.").format(labelled=labelled, total=total))
                LabelingJob(context.api).stop(name)
            return str(job["LabelingJobStatus"])

        wait_while(
            pending,
            what=_("Labelling job {name}").format(name=name),
            seconds=TASKS_LAST_SECONDS + context.api.deletion_seconds,
            poll_seconds=context.api.poll_seconds,
            todo=_("the same command goes on waiting for it"),
        )
    context.journal.mark_ended(LabelingJob.name, name)
    if job["LabelingJobStatus"] == "Failed":
        raise ServiceError(
            _("Labelling job {name} failed: {reason}; correct that and run the same command again.").format(
                name=name, reason=job.get("FailureReason", _("no reason given"))
            )
        )
    return output_of(context, name, job), people.labelled_by() if people is not None else {}


def output_of(context: Context, name: str, job: Mapping[str, Any]) -> str:
    """The URI of a job's output manifest.

    Args:
        job: DescribeLabelingJob's answer. Of a job that was stopped nobody promises the member; where the results are
            is documented.
    """
    output = job.get("LabelingJobOutput", {}).get("OutputDatasetS3Uri")
    return output or f"{context.uri(LABELLING_OUTPUT)}/{name}/manifests/output/output.manifest"


def _counter(job: Mapping[str, Any], name: str, default: int = 0) -> int:
    """One of LabelCounters, of whose members none is promised: in a job that has just begun they may be missing."""
    return int(job.get("LabelCounters", {}).get(name, default))


def _usable_job(context: Context) -> tuple[str, Mapping[str, Any] | None]:
    """The name of this run's labelling job, and the job where there is one already.

    A job that ended without a label is of no use to a new attempt, and its name is taken for good: the next number is.
    """
    number = 1
    while True:
        name = names.job(context.suffix, number)
        number += 1
        if context.journal.is_outdated(LabelingJob.name, name):
            continue
        job = unless_missing(context.api.sagemaker.describe_labeling_job, LabelingJobName=name)
        if job is None or job["LabelingJobStatus"] in LABELING_JOB_RUNNING:
            return name, job
        # Where nobody says how many are labelled, the output will.
        if job["LabelingJobStatus"] in ("Completed", "Stopped") and _counter(job, "TotalLabeled", default=1):
            return name, job


@contextlib.contextmanager
def _waiting_for_people(context: Context, by_people: bool) -> Iterator[None]:
    """Lets `make go-on` see that somebody is waited for. What it asked for at another time is not for now."""
    folder = context.folder
    folder.go_on.unlink(missing_ok=True)
    if by_people:
        folder.waiting.touch()
    try:
        yield
    finally:
        folder.waiting.unlink(missing_ok=True)
        folder.go_on.unlink(missing_ok=True)


def _wants_to_go_on(context: Context, labelled: int) -> bool:
    folder, console = context.folder, context.console
    if not folder.waiting.exists() or not (console.enter_was_pressed() or folder.go_on.exists()):
        return False
    if labelled >= FEWEST_TO_TRAIN:
        return True
    folder.go_on.unlink(missing_ok=True)
    console.say(
        _("  Labelled so far: {labelled}; at least {fewest} are needed: label more, then go on.").format(
            labelled=labelled, fewest=FEWEST_TO_TRAIN
        )
    )
    return False
