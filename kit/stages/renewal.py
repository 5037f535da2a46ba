"""Before stages are done anew because pictures or labels have changed: keeps what fits still, ends what does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.aws_api import unless_missing
from kit.language import _
from kit.resources import registry
from kit.resources.endpoint import Endpoint
from kit.resources.endpoint_config import EndpointConfig
from kit.resources.labeling_job import LabelingJob
from kit.resources.model import Model
from kit.resources.training_job import TrainingJob
from kit.run import contents
from kit.run.contents import Contents
from kit.run.context import IMAGES, INPUT_MANIFEST, TRAINING_IMAGES, Context
from kit.s3_uri import bucket_and_key
from kit.stages import adjustment
from kit.stages.download import download
from kit.stages.labelling import output_of

_KINDS = (LabelingJob.name, TrainingJob.name, Endpoint.name, EndpointConfig.name, Model.name)


def renew(context: Context, before: Contents, now: Contents) -> None:
    """Keeps the labels that fit the pictures still, deletes what was made from others, notes the state of the files.

    The stages are to be run after it. Killed anywhere, it is called again with the same `before`, as long as it has not
    noted `now`.

    Raises:
        ClientError, KitError: a job could not be stopped, or something not be deleted.
    """
    journal, s3 = context.journal, context.api.s3
    if context.pictures.needs_labelling:
        _keep_labels(context, before, now)
    journal.outdate_resources(_KINDS)
    for resource in journal.existing():
        if resource.outdated:
            registry.delete(context.api, journal, resource)
    for name in before.pictures:
        for folder in (IMAGES, TRAINING_IMAGES) if name not in now.pictures else (TRAINING_IMAGES,):
            unless_missing(s3.delete_object, Bucket=context.bucket, Key=folder + name)
    if context.folder.detections.exists():
        shutil.rmtree(context.folder.detections)
    context.api.durability.checkpoint()
    contents.write(context.folder.contents, now)


def _keep_labels(context: Context, before: Contents, now: Contents) -> None:
    """Writes the labels that there are so far, of all pictures that they are certain to be right for."""
    labelled = dict(_labelled(context))
    kept = {picture.file_name: picture for picture in contents.fitting(labelled.values(), before, now)}
    scaled = sum(kept[name] is not labelled[name] for name in kept)
    if labelled:
        labels = AnnotationStream(context.pictures.labels, iter(kept.values()))
        ground_truth.write(context.folder.kept_labels, labels)
        context.console.say(
            _(
                "  Pictures whose labels are kept: {kept}, {scaled} of them scaled to another size; the rest is to do."
            ).format(kept=len(kept), scaled=scaled)
        )


def _labelled(context: Context) -> Iterator[tuple[str, AnnotatedPicture]]:
    """What is labelled in the run, by name in the bucket, the older first; a job that runs is stopped for it.

    What a job began with and nobody has changed is not of that job: it is kept from an earlier one, or was given.
    """
    if context.folder.kept_labels.exists():
        yield from _pictures(context, context.folder.kept_labels)
    for resource in context.journal.resources:
        if resource.kind != LabelingJob.name or resource.outdated:
            continue
        LabelingJob(context.api).delete(resource.name)
        job = unless_missing(context.api.sagemaker.describe_labeling_job, LabelingJobName=resource.name)
        if job is not None and job["LabelingJobStatus"] in ("Completed", "Stopped"):
            copy = context.folder.results / f"{resource.name}.manifest"
            copy.parent.mkdir(exist_ok=True)
            download(context.api.s3, context.bucket, INPUT_MANIFEST, copy)
            _keep_answers(context, copy)
            begun = dict(_pictures(context, copy))
            download(context.api.s3, *bucket_and_key(output_of(context, resource.name, job)), copy)
            _keep_answers(context, copy)
            for name, picture in _pictures(context, copy):
                if name not in begun or begun[name].boxes != picture.boxes:
                    yield name, picture
            copy.unlink()


def _keep_answers(context: Context, manifest: Path) -> None:
    """Takes out what workers began from, where they did: it is nobody's label."""
    if adjustment.is_wanted(context):
        adjustment.keep_answers(manifest)


def _pictures(context: Context, manifest: Path, attribute: str | None = None) -> Iterator[tuple[str, AnnotatedPicture]]:
    stream = ground_truth.read(manifest, labels=context.pictures.labels, attribute=attribute)
    for picture in stream.pictures:
        if picture.state is LabelState.LABELLED:
            yield picture.file_name, picture
