"""Before stages are done anew because pictures or labels have changed: keeps what fits still, ends what does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
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
from kit.run.context import IMAGES, TRAINING_IMAGES, Context
from kit.s3_uri import bucket_and_key
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
    if context.pictures.given is None:
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
    kept: dict[str, AnnotatedPicture] = {}
    scaled = 0
    for name, picture in labelled.items():
        then, today = before.pictures.get(name), now.pictures.get(name)
        if then is None or today is None or not today.shows_the_same_as(then):
            continue
        kept[name] = _at_size(picture, today.width, today.height)
        scaled += kept[name] is not picture
    if labelled:
        labels = AnnotationStream(context.pictures.labels, iter(kept.values()))
        ground_truth.write(context.folder.kept_labels, labels)
        context.console.say(
            _(
                "  Labels of {kept} pictures are kept, {scaled} of them scaled to another size; the rest is to do."
            ).format(kept=len(kept), scaled=scaled)
        )


def _labelled(context: Context) -> Iterator[tuple[str, AnnotatedPicture]]:
    """What is labelled, by name in the bucket, the older first; a job that runs is stopped for it."""
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
            download(context.api.s3, *bucket_and_key(output_of(context, resource.name, job)), copy)
            yield from _pictures(context, copy)
            copy.unlink()


def _pictures(context: Context, manifest: Path) -> Iterator[tuple[str, AnnotatedPicture]]:
    for picture in ground_truth.read(manifest, labels=context.pictures.labels).pictures:
        if picture.state is LabelState.LABELLED:
            yield picture.file_name, picture


def _at_size(picture: AnnotatedPicture, width: int, height: int) -> AnnotatedPicture:
    """The same labels on the same picture in another size; the very same object where the size is that already."""
    # Of the samples nobody has looked at the size.
    if (picture.width, picture.height) == (width, height) or not (width and picture.width):
        return picture
    x, y = width / picture.width, height / picture.height
    boxes = tuple(BoundingBox(b.label, b.left * x, b.top * y, b.right * x, b.bottom * y) for b in picture.boxes)
    return replace(picture, width=width, height=height, boxes=boxes)
