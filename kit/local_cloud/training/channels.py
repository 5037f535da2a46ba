"""The data of a training job: what lies under an S3 prefix becomes the files of a channel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kit.errors import ServiceError
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def download_channel(s3: S3Client, uri: str, folder: Path, *, stopped: Callable[[], bool]) -> None:
    """Downloads every object whose key begins with the prefix of `uri` (S3DataType S3Prefix) into `folder`.

    Stops early when `stopped` says so.

    Raises:
        ServiceError: there is no such bucket, nothing under the prefix, or a key that cannot be a file in `folder`.
        ClientError, BotoCoreError, OSError: S3 or the disk failed.
    """
    folder.mkdir(parents=True)
    bucket, prefix = bucket_and_key(uri)
    found = 0
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                key = item["Key"]
                found += 1
                if stopped():
                    return
                if not key.endswith("/"):
                    target = folder / name_in_channel(bucket, key, prefix)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    s3.download_file(bucket, key, str(target))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    if not found:
        raise ServiceError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            "exists in the selected region and that objects exist under that S3 prefix."
        )


def name_in_channel(bucket: str, key: str, prefix: str) -> str:
    """Where in its channel an object's file is: its key from the end of the prefix, or from the prefix's last `/` where
    the prefix ends amid a name.

    Raises:
        ServiceError: no file can have that name, or it would lie outside the channel.
    """
    folder = prefix.rstrip("/") + "/"
    name = key.removeprefix(folder) if key.startswith(folder) else key[prefix.rfind("/") + 1 :]
    if not name or "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise ServiceError(f"Data download failed: the key s3://{bucket}/{key} cannot be a file name.")
    return name
