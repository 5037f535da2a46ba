"""What can be known before anything is made: a table of what passes, what to mind and what will not work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws import own_trainer, quotas, team
from kit.aws.jumpstart import JumpStartModel, resolve
from kit.aws.session import Aws
from kit.errors import KitError
from kit.local_cloud.docker_engine import NoEngine, probe_engine
from kit.settings import GROUND_TRUTH, OWN, CloudSettings
from kit.workshop.labelling import GROUND_TRUTH_ACCOUNTS

PASS, WARNING, FAIL = "pass", "warning", "fail"
ACTIONS = (
    "s3:CreateBucket", "s3:PutObject", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketCORS", "s3:DeleteBucket", "s3:DeleteObjectVersion",
    "sagemaker:CreateLabelingJob", "sagemaker:CreateTrainingJob", "sagemaker:CreateModel",
    "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:InvokeEndpoint",
    "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel",
    "sagemaker:CreateWorkforce", "sagemaker:CreateWorkteam", "sagemaker:DeleteWorkforce", "sagemaker:DeleteWorkteam",
    "cognito-idp:CreateUserPool", "cognito-idp:AdminCreateUser", "cognito-idp:DeleteUserPool",
    "iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "iam:DeleteRole", "iam:DeleteRolePolicy",
    "logs:DescribeLogStreams", "logs:GetLogEvents",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the table; `todo` says what to do where it did not pass."""

    what: str
    status: str
    found: str
    todo: str = ""


def look(aws: Aws, settings: CloudSettings, model_version: str = "*") -> tuple[list[Finding], JumpStartModel | None]:
    """Every check, each by reading only, and the model where JumpStart has it."""
    findings = [Finding("credentials", PASS, f"{_who(aws.caller)}, account …{aws.account[-4:]}, {aws.region}")]
    if settings.manifest is None:
        findings += _labelling(aws, settings)
    findings += _permissions(aws, settings)
    findings += _quotas(aws, settings)
    if settings.trainer == OWN:
        model: JumpStartModel | None = own_trainer.model(
            settings.train_instance, settings.endpoint_instance, spot=settings.spot
        )
        findings.append(_engine())
    else:
        model, found = _jumpstart(aws, settings, model_version)
        findings += found
    findings += _names(aws, settings)
    return findings, model


def _engine() -> Finding:
    engine = probe_engine()
    if isinstance(engine, NoEngine):
        return Finding("Docker engine", FAIL, engine.reason, "TRAINER=own builds and pushes images with it")
    if engine.architecture != "amd64":
        return Finding("Docker engine", FAIL, f"builds for {engine.architecture}", "SageMaker wants amd64")
    return Finding("Docker engine", PASS, engine.version)


def _jumpstart(aws: Aws, settings: CloudSettings, version: str) -> tuple[JumpStartModel | None, list[Finding]]:
    try:
        model = resolve(
            aws,
            settings.model_id,
            settings.train_instance,
            settings.endpoint_instance,
            version=version,
            spot=settings.spot,
        )
    except KitError as error:
        return None, [Finding("JumpStart model", FAIL, str(error), "MODEL_ID=…, REGION=…, or TRAINER=own")]
    return model, list(_model(model, settings))


def _labelling(aws: Aws, settings: CloudSettings) -> Iterator[Finding]:
    if settings.labeler != GROUND_TRUTH:
        return
    if aws.region not in GROUND_TRUTH_ACCOUNTS:
        yield Finding(
            "Ground Truth", FAIL, f"not in {aws.region}", f"REGION= one of {', '.join(sorted(GROUND_TRUTH_ACCOUNTS))}"
        )
        return
    yield Finding(
        "Ground Truth",
        WARNING,
        "takes no new customers; whether it takes this account shows only at the first labelling job",
        "have labels ready from elsewhere (MANIFEST=…), should it refuse",
    )
    try:
        workforce, there = team.existing_workforce(aws), team.existing_team(aws)
    except (ClientError, BotoCoreError) as error:
        yield Finding("private workforce", FAIL, _said(error), "ask for sagemaker:ListWorkforces, ListWorkteams")
        return
    if workforce is not None and "CognitoConfig" not in workforce and (settings.workers or there is None):
        yield Finding(
            "private workforce", FAIL, "signs in through its own identity provider", "make a team in the console"
        )
    elif not settings.workers and there is None:
        yield Finding("private workforce", FAIL, "no team, and no workers given", "WORKERS=a@example.org,…")
    elif workforce is None:
        yield Finding("private workforce", PASS, "none yet; one will be made, and taken away again")
    else:
        yield Finding("private workforce", PASS, f"{workforce['WorkforceName']} is there and will be used")


def _permissions(aws: Aws, settings: CloudSettings) -> Iterator[Finding]:
    source = _principal(aws.caller)
    if source is None:
        yield Finding("permissions", PASS, "the account's root user may do anything")
        return
    wanted = [a for a in ACTIONS if settings.role_arn is None or not re.match(r"iam:(?!Pass)", a)]
    try:
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
        yield Finding("permissions", WARNING, f"cannot be asked for ({_said(error)})", "a call may be refused later")
        return
    if denied:
        # A simulation leaves out what it is not told of, conditions and session policies among it.
        yield Finding("permissions", WARNING, f"seem to lack {', '.join(denied)}", "ask the account's owner for them")
    else:
        yield Finding("permissions", PASS, f"all {len(wanted)} actions that matter")


def _quotas(aws: Aws, settings: CloudSettings) -> Iterator[Finding]:
    names = (
        quotas.training_quota(settings.train_instance, spot=settings.spot),
        quotas.endpoint_quota(settings.endpoint_instance),
    )
    try:
        found = quotas.find(aws, set(names))
    except (ClientError, BotoCoreError) as error:
        yield Finding("quotas", WARNING, f"cannot be asked for ({_said(error)})", "a job may be refused for them later")
        return
    for name in names:
        if name not in found:
            yield Finding(f"quota {name}", WARNING, "SageMaker lists no such quota", "check the instance type")
        elif found[name].value < 1:
            yield Finding(f"quota {name}", FAIL, "is 0", "make cloud-quota asks AWS for 1; or choose another instance")
        else:
            yield Finding(f"quota {name}", PASS, f"{found[name].value:g}")


def _model(model: JumpStartModel, settings: CloudSettings) -> Iterator[Finding]:
    name = f"{model.model_id} {model.version}"
    if model.warnings:
        yield Finding("JumpStart model", WARNING, f"{name}: {'; '.join(model.warnings)}", "mind it, or MODEL_ID=…")
    else:
        yield Finding("JumpStart model", PASS, name)
    for what, chosen, known in (
        ("training instance", settings.train_instance, model.training_instances),
        ("endpoint instance", settings.endpoint_instance, model.endpoint_instances),
    ):
        if chosen in known:
            yield Finding(what, PASS, chosen)
        else:
            yield Finding(what, WARNING, f"JumpStart does not name {chosen} for it", f"one of {', '.join(known)}")
    unknown = [
        flag
        for flag, value in (("IMAGE_SIZE", settings.image_size), ("BATCH_SIZE", settings.batch_size))
        if value is not None and flag.lower().replace("_", "-") not in model.algorithm.tunable
    ]
    if unknown:
        yield Finding("hyperparameters", WARNING, f"the model has no {', '.join(unknown)}", "leave it out")


def _names(aws: Aws, settings: CloudSettings) -> Iterator[Finding]:
    if settings.role_arn is None:
        return
    name = settings.role_arn.rsplit("/", 1)[1]
    try:
        aws.client("iam").get_role(RoleName=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity":
            yield Finding("execution role", FAIL, f"there is no role {name}", "correct ROLE_ARN, or leave it out")
        else:
            yield Finding("execution role", WARNING, f"cannot be asked for ({code})", "a job may be refused for it")
    else:
        yield Finding("execution role", PASS, name)


def failed(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.status == FAIL]


def _principal(caller: str) -> str | None:
    """The ARN that a simulation takes, of a caller as STS names it; None for the root user."""
    if caller.endswith(":root"):
        return None
    assumed = re.fullmatch(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/.*", caller)
    return f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}" if assumed else caller


def _who(caller: str) -> str:
    """The user's or role's name, without the account's number."""
    return caller.split(":", 5)[5]


def _said(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else str(error)
