"""AWS put together as an `AwsApi`: boto3's own clients, and what the preparations of a run made."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from kit.aws.ground_truth import labelling_functions
from kit.aws.jumpstart import JumpStartModel
from kit.aws.resources.registry import kinds_of, traces_of
from kit.aws.session import Aws
from kit.aws_api import Algorithm, AwsApi, LabellingPortal
from kit.language import _
from kit.run import names
from kit.run.journal import Journal
from kit.run.results import RoleResult, TeamResult
from kit.settings import CloudSettings

# For what trains nothing any more.
NO_ALGORITHM = Algorithm("", "", "", "", {}, (), frozenset())


class NothingToSave:
    """`kit.aws_api.Durability` of AWS, which forgets nothing."""

    def checkpoint(self) -> None:
        pass


def assemble(aws: Aws, settings: CloudSettings, journal: Journal, algorithm: Algorithm) -> AwsApi:
    """The API for a run whose preparations are done, or as far as they are."""
    role = journal.result(RoleResult) if journal.is_finished(RoleResult.stage) else RoleResult("")
    team = journal.result(TeamResult) if journal.is_finished(TeamResult.stage) else TeamResult("", "")
    remark = _("(in a rehearsal the address leads nowhere: a program labels)") if aws.is_stand_in else ""
    return AwsApi(
        s3=aws.client("s3"),
        sagemaker=aws.client("sagemaker"),
        sagemaker_runtime=aws.client("sagemaker-runtime"),
        logs=aws.client("logs"),
        durability=NothingToSave(),
        algorithm=algorithm,
        region=aws.region,
        account=aws.account,
        role_arn=role.role_arn,
        workteam_arn=team.workteam_arn,
        labelling_functions=labelling_functions(aws.region),
        portal=lambda _job: LabellingPortal(team.portal, remark=remark) if team.portal else None,
        poll_seconds=settings.poll_seconds,
        further_kinds=kinds_of(aws, settings),
        traces=traces_of(aws),
        endpoint_seconds=60 * settings.endpoint_minutes,
        tags=names.tags(journal.run_id),
    )


def recorded_version(record: Path) -> str | None:
    """The model's version in a run's record, where there is one."""
    return str(json.loads(record.read_text(encoding="utf-8"))["version"]) if record.exists() else None


def recorded_instances(record: Path) -> tuple[str, str]:
    """The instance types of training and endpoint in a run's record."""
    algorithm = json.loads(record.read_text(encoding="utf-8"))["algorithm"]
    return algorithm["training_instance"], algorithm["endpoint_instance"]


def model_record(model: JumpStartModel) -> bytes:
    """JSON of all that JumpStart resolved: images, scripts, artifacts, versions."""
    record = dataclasses.asdict(model)
    record["algorithm"]["tunable"] = sorted(model.algorithm.tunable)
    return (json.dumps(record, indent=2) + "\n").encode()
