"""The caller's permissions on AWS and the given execution role, checked before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws.finding import FAIL, PASS, WARNING, Finding, said
from kit.aws.session import Aws
from kit.language import _
from kit.settings import DoctorSettings

ACTIONS = (
    "s3:CreateBucket", "s3:PutObject", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketCORS", "s3:PutBucketTagging", "s3:DeleteBucket", "s3:DeleteObjectVersion",
    "sagemaker:CreateLabelingJob", "sagemaker:CreateTrainingJob", "sagemaker:CreateModel",
    "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:InvokeEndpoint",
    "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel",
    "sagemaker:CreateWorkforce", "sagemaker:CreateWorkteam", "sagemaker:DeleteWorkforce", "sagemaker:DeleteWorkteam",
    "sagemaker:AddTags", "cognito-idp:TagResource",
    "cognito-idp:CreateUserPool", "cognito-idp:AdminCreateUser", "cognito-idp:DeleteUserPool",
    "iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:PassRole", "iam:DeleteRole", "iam:DeleteRolePolicy",
    "logs:DescribeLogStreams", "logs:GetLogEvents",
)  # fmt: skip


def of_the_caller(aws: Aws, settings: DoctorSettings) -> Iterator[Finding]:
    """The finding of a policy simulation over the actions that matter, or that the simulation is not allowed."""
    if principal(aws.caller) is None:
        yield Finding(_("permissions"), PASS, _("the account's root user may do anything"))
        return
    wanted = [a for a in ACTIONS if settings.role_arn is None or not re.match(r"iam:(?!Pass)", a)]
    try:
        source = _with_path(aws, principal(aws.caller) or "")
        pages = (
            aws.client("iam")
            .get_paginator("simulate_principal_policy")
            .paginate(PolicySourceArn=source, ActionNames=wanted)
        )
        denied = [
            result["EvalActionName"]
            for page in pages
            for result in page["EvaluationResults"]
            if result["EvalDecision"] != "allowed"
        ]
    except (ClientError, BotoCoreError) as error:
        yield Finding(
            _("permissions"),
            WARNING,
            _("cannot be asked for ({reason})").format(reason=said(error)),
            _("a call may be refused later"),
        )
        return
    if denied:
        # A simulation leaves out what it is not told of, conditions and session policies among it.
        yield Finding(
            _("permissions"),
            WARNING,
            _("seem to lack {actions}").format(actions=", ".join(denied)),
            _("ask the account's owner for them"),
        )
    else:
        yield Finding(_("permissions"), PASS, _("all {count} actions that matter").format(count=len(wanted)))


def execution_role(aws: Aws, settings: DoctorSettings) -> Iterator[Finding]:
    """Whether the role that ROLE_ARN names is there; nothing where the run makes its own."""
    if settings.role_arn is None:
        return
    name = settings.role_arn.rsplit("/", 1)[1]
    try:
        aws.client("iam").get_role(RoleName=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            yield Finding(
                _("execution role"),
                FAIL,
                _("there is no role {name}").format(name=name),
                _("correct ROLE_ARN, or leave it out"),
            )
        else:
            yield Finding(
                _("execution role"),
                WARNING,
                _("cannot be asked for ({reason})").format(reason=code),
                _("a job may be refused for it"),
            )
    else:
        yield Finding(_("execution role"), PASS, name)


def _with_path(aws: Aws, source: str) -> str:
    """The principal's true ARN: those of Identity Center live under a path that an assumed role's ARN leaves out.

    Raises:
        ClientError: the role cannot be asked for.
    """
    kind, _slash, name = source.split(":", 5)[5].partition("/")
    if kind != "role":
        return source
    arn: str = aws.client("iam").get_role(RoleName=name)["Role"]["Arn"]
    return arn


def principal(caller: str) -> str | None:
    """The ARN that a simulation takes, of a caller as STS names it; None for the root user."""
    if caller.endswith(":root"):
        return None
    assumed = re.fullmatch(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/.*", caller)
    return f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}" if assumed else caller
