"""The execution role: what SageMaker may do in the account's name while it labels, trains and serves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from kit.aws.session import Aws
from kit.aws_api import tag_list
from kit.run import names
from kit.run.journal import Journal

REGION_TAG = "region"
_POLICY = "workshop"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Role:
    name: ClassVar[str] = "role"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def make(self, journal: Journal, bucket: str) -> str:
        """Makes the run's role, or finds the one that an earlier attempt made; returns its ARN.

        Raises:
            ClientError: IAM refuses.
        """
        role = names.resource(journal.run_id)
        journal.will_create(self.name, role)
        arn = self._create(
            role,
            f"SageMaker execution role of the workshop run {journal.run_id}; `make cloud-clean` deletes it",
            journal.run_id,
        )
        document = json.dumps(policy(self.aws, bucket))
        self.aws.client("iam").put_role_policy(RoleName=role, PolicyName=_POLICY, PolicyDocument=document)
        return arn

    def make_managed(self, journal: Journal, role: str, policy_name: str) -> str:
        """Makes a role with one of AWS's managed policies, or finds it; returns its ARN."""
        journal.will_create(self.name, role)
        arn = self._create(role, "SageMaker Studio's execution role; `make cloud-clean` deletes it", journal.run_id)
        managed = f"arn:{self.aws.partition}:iam::aws:policy/{policy_name}"
        self.aws.client("iam").attach_role_policy(RoleName=role, PolicyArn=managed)
        return arn

    def delete(self, role: str) -> None:
        """With its policies."""
        iam = self.aws.client("iam")
        if not self._is_there(role):
            return
        for policy_name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy_name)
        for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
        iam.delete_role(RoleName=role)

    def left(self, suffix: str) -> list[str]:
        role = names.resource(suffix)
        return [role] if self._is_there(role) else []

    def _create(self, role: str, description: str, run: str) -> str:
        iam = self.aws.client("iam")
        # Roles are of no region; what they are for is.
        tags = {**names.tags(run), REGION_TAG: self.aws.region}
        try:
            made = iam.create_role(
                RoleName=role,
                AssumeRolePolicyDocument=json.dumps(_TRUST),
                Description=description,
                Tags=tag_list(tags),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
            made = iam.get_role(RoleName=role)
        arn: str = made["Role"]["Arn"]
        return arn

    def _is_there(self, role: str) -> bool:
        try:
            self.aws.client("iam").get_role(RoleName=role)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return False
        return True


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


def _allow(actions: list[str], *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
