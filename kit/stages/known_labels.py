"""Labels that pictures have before people label: given ones, and those of an earlier job of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from msgspec.structs import replace

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.run.context import IMAGES, LABELLING_OUTPUT, Context
from kit.run.run_picture import RunPicture


def read(context: Context) -> dict[str, AnnotatedPicture]:
    """By the picture's name in the bucket; what was drawn in the run counts more than what it was given."""
    given = context.pictures.given
    known = {}
    if given is not None:
        known = {each.source: each for each in given.pictures if each.state is LabelState.LABELLED}
    return known | kept(context)


def kept(context: Context) -> dict[str, AnnotatedPicture]:
    """Labels of an earlier job of the run, by the picture's name in the bucket."""
    pictures, file = context.pictures, context.folder.kept_labels
    if not file.exists():
        return {}
    there = {picture.name for picture in pictures.pictures}
    return {
        each.file_name: each
        for each in ground_truth.read(file, labels=pictures.labels).pictures
        if each.file_name in there
    }


def input_manifest(
    context: Context, job: str, pictures: Sequence[RunPicture], shown: Mapping[str, AnnotatedPicture]
) -> bytes:
    """The input manifest of a job over pictures of which some have labels that it shows, under its own attribute."""
    lines, now = [], datetime.now(timezone.utc).replace(tzinfo=None)
    for picture in pictures:
        uri, label = context.uri(IMAGES + picture.name), shown.get(picture.name)
        if label is None:
            lines.append(ground_truth.input_line(uri))
        else:
            here = replace(label, source=uri, name="")
            lines.append(ground_truth.output_line(here, context.pictures.labels, attribute=job, created=now))
    return b"".join(lines)


def add(context: Context, known: Mapping[str, AnnotatedPicture], *, answered: bool) -> str:
    """Adds labels to the run's copy of the output manifest, of pictures that have none there; its URI with them.

    Args:
        answered: whether there was a job, whose output the copy is.
    """
    labels, file = context.pictures.labels, context.folder.output_manifest
    new = list(ground_truth.read(file, labels=labels).pictures) if answered else []
    kept = [picture for picture in new if picture.state is LabelState.LABELLED or picture.file_name not in known]
    names = {picture.file_name for picture in kept}
    added = [
        replace(picture, source=context.uri(IMAGES + name), name="")
        for name, picture in known.items()
        if name not in names
    ]
    ground_truth.write(file, AnnotationStream(labels, iter([*added, *kept])))
    return put_output(context, "with-kept")


def keep(context: Context) -> None:
    """Keeps what is labelled for the next job of the run; empty answers too where it can show them."""
    labels = context.pictures.labels
    found = ground_truth.read(context.folder.output_manifest, labels=labels).pictures
    shows = context.api.continues_labels
    kept = [picture for picture in found if picture.state is LabelState.LABELLED and (picture.boxes or shows)]
    ground_truth.write(context.folder.kept_labels, AnnotationStream(labels, iter(kept)))


def put_output(context: Context, name: str) -> str:
    """Puts the run's copy of the output manifest where that of a job would be; its URI."""
    key = f"{LABELLING_OUTPUT}/{name}/manifests/output/output.manifest"
    context.api.s3.upload_file(str(context.folder.output_manifest), context.bucket, key)
    return context.uri(key)
