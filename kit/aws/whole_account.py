"""Everything that the kit made in an account and region, found by asking AWS alone, without any ledger.

What AWS takes tags of is the kit's when it bears the kit's tag; what it takes none of, when its name is one that the
kit gives (`kit.run.names`). A bucket is tagged by a second call: one of such a name without any tag is the kit's too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws.finding import said
from kit.aws.resources.image_repository import ImageRepository
from kit.aws.resources.log_group import LogGroup
from kit.aws.resources.log_stream import LogStream
from kit.aws.resources.role import REGION_TAG, Role
from kit.aws.resources.studio_domain import StudioDomain
from kit.aws.resources.user_group import UserGroup
from kit.aws.resources.user_pool import UserPool
from kit.aws.resources.worker import Worker
from kit.aws.resources.workforce import Workforce
from kit.aws.resources.workteam import Workteam
from kit.aws.session import Aws
from kit.aws_api import (
    ENDPOINT_LOGS,
    LABELING_JOB_RUNNING,
    LABELING_LOGS,
    TRAINING_JOB_RUNNING,
    TRAINING_LOGS,
    is_missing,
)
from kit.resources.bucket import Bucket
from kit.resources.endpoint import Endpoint
from kit.resources.endpoint_config import EndpointConfig
from kit.resources.labeling_job import LabelingJob
from kit.resources.model import Model
from kit.resources.training_job import TrainingJob
from kit.run import names


@dataclass(frozen=True)
class Found:
    """A thing of the kit's: the run that made it, and its kind and name as in a ledger."""

    run: str
    kind: str
    name: str


@dataclass(frozen=True)
class NotLookedFor:
    """A kind that could not be listed, and why."""

    kind: str
    reason: str


def search(aws: Aws) -> tuple[list[Found], list[NotLookedFor]]:
    """All of the kit's that is there, in the order in which runs make it, and what could not be asked for."""
    found: list[Found] = []
    missed: list[NotLookedFor] = []
    for kind, look in _LOOKS.items():
        try:
            found += [Found(run, kind, name) for run, name in look(aws) if names.is_run(run)]
        except (ClientError, BotoCoreError) as error:
            missed.append(NotLookedFor(kind, said(error)))
    return found, missed


# A run and a name.
_Named = Iterator[tuple[str, str]]


def _of_sagemaker(what: str, operation: str, listed: str, statuses: Iterable[str] = ()) -> Callable[[Aws], _Named]:
    """A look at a kind of SageMaker's: the members of its summaries are `<what>Name` and `<what>Arn`."""

    def look(aws: Aws) -> _Named:
        sagemaker = aws.client("sagemaker")
        for narrowing in [{"StatusEquals": status} for status in statuses] or [{}]:
            for page in sagemaker.get_paginator(operation).paginate(**narrowing):
                for summary in page[listed]:
                    name = summary[f"{what}Name"]
                    if name.startswith(names.STEM) and (run := _run_of(_tags_in_sagemaker(aws, summary[f"{what}Arn"]))):
                        yield run, name

    return look


def _tags_in_sagemaker(aws: Aws, arn: str) -> dict[str, str]:
    try:
        pages = list(aws.client("sagemaker").get_paginator("list_tags").paginate(ResourceArn=arn))
    except ClientError as error:
        if not is_missing(error):  # it went since it was listed
            raise
        return {}
    return _by_key(tag for page in pages for tag in page["Tags"])


def _by_key(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _run_of(tags: Mapping[str, str]) -> str:
    return tags.get(names.RUN_TAG, "") if tags.get(names.KIT_TAG) == names.KIT else ""


def _roles(aws: Aws) -> _Named:
    iam = aws.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(names.STEM):
                tags = _by_key(iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
                # Of no region itself: that of another is needed there.
                if tags.get(REGION_TAG) == aws.region:
                    yield _run_of(tags), role["RoleName"]


def _buckets(aws: Aws) -> _Named:
    s3 = aws.client("s3")
    pages = s3.get_paginator("list_buckets").paginate(Prefix=names.BUCKET_STEM, BucketRegion=aws.region)
    for name in [bucket["Name"] for page in pages for bucket in page.get("Buckets", [])]:
        try:
            run = _run_of(_by_key(s3.get_bucket_tagging(Bucket=name)["TagSet"]))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchTagSet":
                raise
            run = names.run_in(name) or ""
        yield run, name


def _user_pools(aws: Aws) -> _Named:
    cognito, told = aws.client("cognito-idp"), set[str]()
    for page in cognito.get_paginator("list_user_pools").paginate(MaxResults=60):
        for pool in page["UserPools"]:
            # Two of one name are one entry of a ledger.
            if pool["Name"].startswith(names.STEM) and pool["Name"] not in told:
                told.add(pool["Name"])
                tags = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"].get("UserPoolTags", {})
                yield _run_of(tags), pool["Name"]


def _pools_of_others(aws: Aws) -> Iterator[str]:
    """The pool of the region's workforce, where a run may have made a group and users."""
    workforce = Workforce(aws).existing()
    if workforce is not None and not workforce["WorkforceName"].startswith(names.STEM):
        pool = workforce.get("CognitoConfig", {}).get("UserPool")
        yield from [pool] if pool else []


def _user_groups(aws: Aws) -> _Named:
    for pool in _pools_of_others(aws):
        for page in aws.client("cognito-idp").get_paginator("list_groups").paginate(UserPoolId=pool):
            for group in page["Groups"]:
                yield names.run_in(group["GroupName"]) or "", f"{pool}/{group['GroupName']}"


def _workers(aws: Aws) -> _Named:
    for pool in _pools_of_others(aws):
        pages = aws.client("cognito-idp").get_paginator("list_users")
        for page in pages.paginate(UserPoolId=pool, Filter=f'username ^= "{names.STEM}"'):
            for user in page["Users"]:
                yield names.run_in(user["Username"]) or "", f"{pool}/{user['Username']}"


def _image_repositories(aws: Aws) -> _Named:
    ecr = aws.client("ecr")
    for page in ecr.get_paginator("describe_repositories").paginate():
        for repository in page["repositories"]:
            if repository["repositoryName"].startswith(names.STEM):
                tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
                yield _run_of(_by_key(tags)), repository["repositoryName"]


def _log_groups(aws: Aws) -> _Named:
    pages = aws.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=f"{ENDPOINT_LOGS}/{names.STEM}"):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            yield names.run_in(name.removeprefix(f"{ENDPOINT_LOGS}/")) or "", name


def _log_streams(aws: Aws) -> _Named:
    for group in (TRAINING_LOGS, LABELING_LOGS):
        pages = aws.client("logs").get_paginator("describe_log_streams")
        try:
            found = [
                stream["logStreamName"]
                for page in pages.paginate(logGroupName=group, logStreamNamePrefix=names.STEM)
                for stream in page["logStreams"]
            ]
        except ClientError as error:
            if not is_missing(error):  # no job ever ran here
                raise
            continue
        for name in found:
            yield names.run_in(name) or "", f"{group}:{name}"


_LOOKS: dict[str, Callable[[Aws], _Named]] = {
    LogGroup.name: _log_groups,
    LogStream.name: _log_streams,
    Role.name: _roles,
    UserPool.name: _user_pools,
    Workforce.name: _of_sagemaker("Workforce", "list_workforces", "Workforces"),
    UserGroup.name: _user_groups,
    Workteam.name: _of_sagemaker("Workteam", "list_workteams", "Workteams"),
    Worker.name: _workers,
    Bucket.name: _buckets,
    ImageRepository.name: _image_repositories,
    LabelingJob.name: _of_sagemaker(
        "LabelingJob", "list_labeling_jobs", "LabelingJobSummaryList", LABELING_JOB_RUNNING
    ),
    TrainingJob.name: _of_sagemaker("TrainingJob", "list_training_jobs", "TrainingJobSummaries", TRAINING_JOB_RUNNING),
    Model.name: _of_sagemaker("Model", "list_models", "Models"),
    EndpointConfig.name: _of_sagemaker("EndpointConfig", "list_endpoint_configs", "EndpointConfigs"),
    Endpoint.name: _of_sagemaker("Endpoint", "list_endpoints", "Endpoints"),
    StudioDomain.name: _of_sagemaker("Domain", "list_domains", "Domains"),
}
