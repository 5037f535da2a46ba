"""The end of a run's bucket, on a real S3."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kit.errors import ServiceError
from kit.resources.bucket import Bucket
from tests.unit.stages.contexts import context_in

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def kind(tmp_path: Path, s3: S3Client) -> Bucket:
    return Bucket(dataclasses.replace(context_in(tmp_path).api, s3=s3))


def test_it_goes_with_every_version_and_a_second_time_is_as_good(tmp_path: Path, s3: S3Client, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="a.jpg", Body=body)
    s3.delete_object(Bucket=bucket, Key="a.jpg")
    buckets = kind(tmp_path, s3)
    assert buckets.left(bucket) == [bucket]
    buckets.delete(bucket)
    assert buckets.left(bucket) == []
    buckets.delete(bucket)


def test_an_object_that_s3_keeps_is_named_with_the_reason(tmp_path: Path, s3: S3Client) -> None:
    name = f"jumpstart-finetune-handson-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket=name, Key="free.jpg", Body=b"1")
    kept = s3.put_object(
        Bucket=name,
        Key="kept.jpg",
        Body=b"1",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1),
    )
    try:
        with pytest.raises(ServiceError, match=r"keeps 1 of its objects \(kept\.jpg: .*\(AccessDenied\)\)"):
            kind(tmp_path, s3).delete(name)
        listed = s3.list_objects_v2(Bucket=name)["Contents"]
        assert [each["Key"] for each in listed] == ["kept.jpg"]
    finally:
        s3.delete_object(Bucket=name, Key="kept.jpg", VersionId=kept["VersionId"], BypassGovernanceRetention=True)
        kind(tmp_path, s3).delete(name)
