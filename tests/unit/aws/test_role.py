"""The execution role may do what the workshop's jobs need, and no more."""

from __future__ import annotations

import boto3

from kit.aws.resources import role
from kit.aws.session import Aws

AWS = Aws(boto3.Session(), "eu-west-1", "111122223333", "arn:aws:iam::111122223333:user/somebody", "")
BUCKET = "jumpstart-finetune-handson-x"


def test_it_writes_to_the_runs_bucket_alone() -> None:
    statements = role.policy(AWS, BUCKET)["Statement"]
    writing = [s for s in statements if any(a.startswith(("s3:Put", "s3:Delete", "s3:Abort")) for a in s["Action"])]
    assert [statement["Resource"] for statement in writing] == [[f"arn:aws:s3:::{BUCKET}/*"]]
    reading = {resource for s in statements for resource in s["Resource"] if ":s3:::" in resource}
    buckets = {resource.removeprefix("arn:aws:s3:::").partition("/")[0] for resource in reading}
    assert buckets == {BUCKET, "jumpstart-cache-prod-eu-west-1"}


def test_only_what_cannot_be_narrowed_is_for_everything() -> None:
    statements = role.policy(AWS, BUCKET)["Statement"]
    everything = {action for s in statements if "*" in s["Resource"] for action in s["Action"]}
    assert everything == {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}
    assert not any("*" in action for s in statements for action in s["Action"])
