"""The execution role: what SageMaker may do in the account's name while it labels, trains and serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from kit.aws import names
from kit.aws.session import Aws
from kit.workshop.journal import Journal

KIND = "role"
_POLICY = "workshop"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def make(aws: Aws, journal: Journal, bucket: str) -> str:
    """Makes the run's role, or finds the one that an earlier attempt made; returns its ARN.

    Raises:
        ClientError: IAM refuses.
    """
    iam, name = aws.client("iam"), names.role(journal.run_id)
    journal.will_create(KIND, name)
    try:
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description=f"SageMaker execution role of the workshop run {journal.run_id}; `make cloud-clean` deletes it",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        role = iam.get_role(RoleName=name)
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=json.dumps(policy(aws, bucket)))
    arn: str = role["Role"]["Arn"]
    return arn


def policy(aws: Aws, bucket: str) -> dict[str, Any]:
    """No more than the workshop's jobs need: the run's bucket, JumpStart's, images, logs, Ground Truth's functions."""
    arn = f"arn:{aws.partition}"
    here = f"{aws.region}:{aws.account}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(
                ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], f"{arn}:s3:::{bucket}/*"
            ),
            _allow(["s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketCors"], f"{arn}:s3:::{bucket}"),
            _allow(["s3:GetObject"], f"{arn}:s3:::jumpstart-cache-prod-{aws.region}/*"),
            _allow(["s3:ListBucket"], f"{arn}:s3:::jumpstart-cache-prod-{aws.region}"),
            _allow(["ecr:GetAuthorizationToken"], "*"),
            _allow(
                ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
                f"{arn}:ecr:{aws.region}:*:repository/*",
            ),
            _allow(
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                f"{arn}:logs:{here}:log-group:/aws/sagemaker/*",
            ),
            {
                **_allow(["cloudwatch:PutMetricData"], "*"),
                "Condition": {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}},
            },
            _allow(
                ["lambda:InvokeFunction"],
                f"{arn}:lambda:{aws.region}:*:function:PRE-BoundingBox",
                f"{arn}:lambda:{aws.region}:*:function:ACS-BoundingBox",
            ),
        ],
    }


def delete(aws: Aws, name: str) -> None:
    """Deletes a role that the kit made, with its policy; that it is gone already is as good."""
    iam = aws.client("iam")
    calls: tuple[Callable[[], Any], ...] = (
        lambda: iam.delete_role_policy(RoleName=name, PolicyName=_POLICY),
        lambda: iam.delete_role(RoleName=name),
    )
    for call in calls:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise


def exists(aws: Aws, name: str) -> bool:
    try:
        aws.client("iam").get_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return True


def _allow(actions: list[str], *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
