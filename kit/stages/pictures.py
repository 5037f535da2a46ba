"""Stage "pictures": the bucket, the pictures in it, and the input manifest for labelling."""

from __future__ import annotations

from kit.annotations.formats import ground_truth
from kit.annotations.labels import label_categories
from kit.annotations.picture_files import upright_bytes
from kit.language import _
from kit.resources.bucket import Bucket
from kit.run.context import IMAGES, INPUT_MANIFEST, LABEL_CATEGORIES, Context
from kit.run.results import PicturesResult

CONTENT_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


def run(context: Context) -> PicturesResult:
    s3, bucket, pictures = context.api.s3, context.bucket, context.pictures.pictures
    Bucket(context.api).make(context.journal, bucket)
    with context.console.progress(_("uploaded"), len(pictures)) as advance:
        for number, path in enumerate(pictures, start=1):
            s3.put_object(
                Bucket=bucket,
                Key=IMAGES + path.name,
                # Upright, so that nobody after this has to heed EXIF orientation for the boxes to fit.
                Body=upright_bytes(path),
                ContentType=CONTENT_TYPES[path.suffix.lower()],
            )
            advance(number)
    manifest = b"".join(ground_truth.input_line(context.uri(IMAGES + path.name)) for path in pictures)
    s3.put_object(Bucket=bucket, Key=INPUT_MANIFEST, Body=manifest, ContentType="application/jsonlines")
    categories = label_categories(context.pictures.labels)
    s3.put_object(Bucket=bucket, Key=LABEL_CATEGORIES, Body=categories, ContentType="application/json")
    return PicturesResult(bucket, len(pictures), context.pictures.labels)
