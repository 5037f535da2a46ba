"""An object of the bucket as a file of the run: whole or not there, whenever the run is killed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kit.atomic_file import make_durable, naming, sync_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PART = ".part"


def download(s3: S3Client, bucket: str, key: str, target: Path) -> None:
    """Replaces `target` by the object, durable on disk when this returns.

    What an earlier attempt that was killed has left beside it is removed: boto3 adds letters of its own to the name of
    a file that it is writing.

    Raises:
        ClientError: there is no such object.
        OSError: no space, no permission; what was there is there still.
    """
    for left in target.parent.glob(f"{target.name}{_PART}*"):
        left.unlink()
    part = target.with_name(target.name + _PART)
    with naming(part):
        s3.download_file(bucket, key, str(part))
        with part.open("rb") as stream:
            make_durable(stream)
    part.replace(target)
    sync_folder(target.parent)
