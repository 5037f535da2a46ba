"""Stage "pictures": the bucket, the pictures in it, and the input manifest for labelling."""

from __future__ import annotations

from kit.annotations.formats import ground_truth
from kit.annotations.labels import label_categories
from kit.annotations.picture_conversion import converted
from kit.language import _
from kit.resources.bucket import Bucket
from kit.run.context import IMAGES, INPUT_MANIFEST, LABEL_CATEGORIES, Context
from kit.run.results import PicturesResult


def run(context: Context) -> PicturesResult:
    s3, bucket, pictures = context.api.s3, context.bucket, context.pictures.pictures
    Bucket(context.api).make(context.journal, bucket)
    with context.console.progress(_("uploaded"), len(pictures)) as advance:
        for number, picture in enumerate(pictures, start=1):
            # Upright, so that nobody after this has to heed EXIF orientation for the boxes to fit.
            content = converted(picture.path)
            s3.put_object(
                Bucket=bucket, Key=IMAGES + picture.name, Body=content.content, ContentType=content.content_type
            )
            advance(number)
    manifest = b"".join(ground_truth.input_line(context.uri(IMAGES + picture.name)) for picture in pictures)
    s3.put_object(Bucket=bucket, Key=INPUT_MANIFEST, Body=manifest, ContentType="application/jsonlines")
    categories = label_categories(context.pictures.labels)
    s3.put_object(Bucket=bucket, Key=LABEL_CATEGORIES, Body=categories, ContentType="application/json")
    return PicturesResult(
        bucket, len(pictures), context.pictures.labels, context.pictures.left_out, context.pictures.remarks
    )
