"""Stage "pictures": the bucket, the pictures in it, and the input manifest for labelling."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kit.annotations.picture_files import upright_bytes
from kit.language import _
from kit.run.context import IMAGES, INPUT_MANIFEST, LABEL_CATEGORIES, Context
from kit.run.results import PicturesResult

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef

CONTENT_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


def run(context: Context) -> PicturesResult:
    s3, bucket, pictures = context.api.s3, context.bucket, context.pictures.pictures
    context.journal.will_create("bucket", bucket)
    _create_bucket(context)
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
    manifest = "".join(json.dumps({"source-ref": context.uri(IMAGES + path.name)}) + "\n" for path in pictures)
    s3.put_object(Bucket=bucket, Key=INPUT_MANIFEST, Body=manifest.encode(), ContentType="application/jsonlines")
    # `document-version` is left out: a job was seen to end with empty results when it is there.
    categories = {"labels": [{"label": label} for label in context.pictures.labels]}
    s3.put_object(
        Bucket=bucket,
        Key=LABEL_CATEGORIES,
        Body=json.dumps(categories, ensure_ascii=False).encode(),
        ContentType="application/json",
    )
    return PicturesResult(bucket, len(pictures), context.pictures.labels)


def _create_bucket(context: Context) -> None:
    """Creates the bucket unless an earlier attempt of this run did."""
    region = context.api.region
    request: dict[str, Any] = {"Bucket": context.bucket}
    if region != "us-east-1":  # which S3 takes only by its absence
        request["CreateBucketConfiguration"] = {"LocationConstraint": region}
    try:
        context.api.s3.create_bucket(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    _close(context)


def _close(context: Context) -> None:
    """Nobody from outside, nothing unencrypted; only the labelling page may show the pictures in a browser."""
    s3, bucket = context.api.s3, context.bucket
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    # Without this rule workers see blank pictures: Ground Truth's page loads them from the bucket's own address.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/sms-cors-update.html
    rule: CORSRuleTypeDef = {
        "AllowedMethods": ["GET"],
        "AllowedOrigins": ["*"],
        "ExposeHeaders": ["Access-Control-Allow-Origin"],
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
