"""The execution role: what SageMaker may do in the account's name while it labels, trains and serves."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from kit.aws import names
from kit.aws.session import Aws
from kit.run.journal import Journal

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
    name = names.role(journal.run_id)
    journal.will_create(KIND, name)
    arn = _create(
        aws, name, f"SageMaker execution role of the workshop run {journal.run_id}; `make cloud-clean` deletes it"
    )
    document = json.dumps(policy(aws, bucket))
    aws.client("iam").put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=document)
    return arn


def _create(aws: Aws, name: str, description: str) -> str:
    iam = aws.client("iam")
    try:
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST), Description=description)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        made = iam.get_role(RoleName=name)
    arn: str = made["Role"]["Arn"]
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


def make_managed(aws: Aws, journal: Journal, name: str, policy_name: str) -> str:
    """Makes a role with one of AWS's managed policies, or finds it; returns its ARN."""
    iam = aws.client("iam")
    journal.will_create(KIND, name)
    arn = _create(aws, name, "SageMaker Studio's execution role; `make cloud-clean` deletes it")
    iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:{aws.partition}:iam::aws:policy/{policy_name}")
    return arn


def delete(aws: Aws, name: str) -> None:
    """Deletes a role that the kit made, with its policies; that it is gone already is as good."""
    iam = aws.client("iam")
    if not exists(aws, name):
        return
    for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=name)


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
