"""Stage "conversion": the augmented manifest becomes JumpStart's data set, and a part may be held out for the score."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from kit.annotations.formats import coco, ground_truth, jumpstart
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.language import _
from kit.run.context import IMAGES, TRAINING_ANNOTATIONS, TRAINING_IMAGES, Context
from kit.run.picture_set import held_out_count
from kit.run.results import ConversionResult


def run(context: Context) -> ConversionResult:
    s3, bucket, folder = context.api.s3, context.bucket, context.folder
    with_boxes = [picture.file_name for picture in _pictures(context) if picture.boxes]
    held_out = choose_held_out(context, with_boxes)
    trained = [name for name in with_boxes if name not in held_out]
    labels, chosen = context.pictures.labels, set(trained)
    training = AnnotationStream(labels, (p for p in _pictures(context) if p.file_name in chosen))
    written = jumpstart.write(folder.annotations, training)
    coco.write(
        folder.training_truth, AnnotationStream(labels, (p for p in _pictures(context) if p.file_name in chosen))
    )
    if context.pictures.held_out is None:
        truth = AnnotationStream(labels, (p for p in _pictures(context) if p.file_name in held_out))
        coco.write(folder.held_out_truth, truth)
    with context.console.progress(_("converted"), len(trained)) as advance:
        for number, name in enumerate(trained, start=1):
            s3.copy_object(
                Bucket=bucket, Key=TRAINING_IMAGES + name, CopySource={"Bucket": bucket, "Key": IMAGES + name}
            )
            advance(number)
    # Last, so that a data set with annotations is a whole one.
    s3.upload_file(str(folder.annotations), bucket, TRAINING_ANNOTATIONS)
    return ConversionResult(written.pictures, written.boxes, tuple(sorted(held_out)))


def choose_held_out(context: Context, names: Sequence[str]) -> frozenset[str]:
    """The labelled pictures to keep for the score: a part drawn by the seed, none where there are too few to spare."""
    if context.pictures.held_out is not None:
        return frozenset()
    count = held_out_count(context.settings.held_out, len(names))
    return frozenset(random.Random(context.settings.seed).sample(sorted(names), count))


def _pictures(context: Context) -> Iterator[AnnotatedPicture]:
    stream = ground_truth.read(context.folder.output_manifest, labels=context.pictures.labels)
    return (picture for picture in stream.pictures if picture.state is LabelState.LABELLED)
