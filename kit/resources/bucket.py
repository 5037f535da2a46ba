"""The S3 bucket of a run: closed to the public, encrypted, and deleted with every version of what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from kit import advice
from kit.aws_api import AwsApi, tag_list, unless_missing
from kit.errors import ServiceError
from kit.language import _
from kit.run.journal import Journal

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef, ErrorTypeDef, TaggingTypeDef

_MOST_TOLD = 3


@dataclass(frozen=True)
class Bucket:
    name: ClassVar[str] = "bucket"
    stands_on: ClassVar[tuple[str, ...]] = ()
    api: AwsApi

    def make(self, journal: Journal, bucket: str) -> None:
        """Creates it unless an earlier attempt of this run did."""
        journal.will_create(self.name, bucket)
        request: dict[str, Any] = {"Bucket": bucket}
        if self.api.region != "us-east-1":  # which S3 takes only by its absence
            request["CreateBucketConfiguration"] = {"LocationConstraint": self.api.region}
        try:
            self.api.s3.create_bucket(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
        self._close(bucket)
        if self.api.tags:
            tagging: TaggingTypeDef = {"TagSet": tag_list(self.api.tags)}  # type: ignore[typeddict-item]
            self.api.s3.put_bucket_tagging(Bucket=bucket, Tagging=tagging)

    def _close(self, bucket: str) -> None:
        """Nobody from outside, nothing unencrypted; only the labelling page may show the pictures in a browser."""
        s3 = self.api.s3
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

    def delete(self, bucket: str) -> None:
        """Raises ServiceError when S3 keeps an object; says which and why."""
        s3 = self.api.s3
        if unless_missing(s3.head_bucket, Bucket=bucket) is None:
            return
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            if objects:
                answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
                # What could not be deleted is said in an answer that is otherwise a success.
                if kept := answer.get("Errors"):
                    raise _not_emptied(bucket, kept)
        # Gone already where the first answer was lost and boto3 has asked again.
        unless_missing(s3.delete_bucket, Bucket=bucket)

    def left(self, suffix: str) -> list[str]:
        return [bucket["Name"] for bucket in self.api.s3.list_buckets()["Buckets"] if suffix in bucket["Name"]]


def _not_emptied(bucket: str, kept: list[ErrorTypeDef]) -> ServiceError:
    told = [f"{each.get('Key')}: {each.get('Message', '').rstrip('.')} ({each.get('Code')})" for each in kept]
    if len(told) > _MOST_TOLD:
        told = [*told[:_MOST_TOLD], "…"]
    todo = advice.of(kept[0].get("Code", "")) or advice.again()
    return ServiceError(
        _("Bucket {bucket} cannot be emptied: S3 keeps {count} of its objects ({told}); {todo}.").format(
            bucket=bucket, count=len(kept), told="; ".join(told), todo=todo
        )
    )
