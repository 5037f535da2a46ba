"""The double's services put together, and its table of operations."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from kit.aws_api import TRAINING_LOGS, AwsApi, SageMaker
from kit.aws_double import jumpstart_catalogue
from kit.aws_double.account_facts import Quotas, get_products
from kit.aws_double.delays import Delays, NewRoles, SlowEndpoints
from kit.aws_double.faults import Faults
from kit.aws_double.moto import Moto
from kit.aws_double.studio import Studio
from kit.aws_double.workforce import Workforces
from kit.local_cloud import environments
from kit.local_cloud.account import REGION
from kit.local_cloud.cloud import LocalCloud
from kit.local_cloud.labelling.label_studio import LabelStudioServer
from kit.local_cloud.parts import Command, Parts
from kit.local_cloud.service_model import client_error, validate_request

Operation = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Programs:
    """The programs that train and serve, under SageMaker's container contract."""

    train: Command = environments.TRAIN
    serve: Command = environments.SERVE


class Double:
    """Everything that is not moto's.

    Attributes:
        operations: by service and operation.
    """

    def __init__(self, api: AwsApi, moto: Moto, delays: Delays) -> None:
        self.api = api
        self.moto = moto
        self.quotas = Quotas()
        self.faults = Faults()
        self._workforces = Workforces(delays.workforce, delays.team)
        self._studio = Studio(delays.workforce)
        self._new_roles = NewRoles(delays.role)
        self._training_jobs: list[str] = []
        self._labeling_jobs: list[str] = []
        self._deleted_streams: set[str] = set()
        of_sagemaker = {
            **_local_verbs(api.sagemaker),
            **SlowEndpoints(api.sagemaker, delays).operations,
            **self._workforces.operations,
            **self._studio.operations,
            "CreateTrainingJob": self._create_training_job,
            "CreateLabelingJob": self._create_labeling_job,
            "CreateModel": self._create_model,
            "ListTrainingJobs": self._list_training_jobs,
            "ListLabelingJobs": self._list_labeling_jobs,
        }
        self.operations: dict[tuple[str, str], Operation] = {
            **{("sagemaker", name): operation for name, operation in of_sagemaker.items()},
            ("logs", "DescribeLogStreams"): self._describe_log_streams,
            ("logs", "GetLogEvents"): api.logs.get_log_events,
            ("logs", "DeleteLogStream"): self._delete_log_stream,
            ("service-quotas", "ListServiceQuotas"): self.quotas.list_service_quotas,
            ("service-quotas", "ListAWSDefaultServiceQuotas"): self.quotas.list_aws_default_service_quotas,
            ("service-quotas", "RequestServiceQuotaIncrease"): self.quotas.request_service_quota_increase,
            ("pricing", "GetProducts"): get_products,
        }

    @functools.cache  # noqa: B019 (one double lives as long as its process)
    def client(self, service: str) -> Any:
        """A boto3 client of moto's, for the double itself."""
        return boto3.Session().client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.moto.url,
            region_name=REGION,
            aws_access_key_id="double",
            aws_secret_access_key="double",  # noqa: S106 (moto asks for any)
            config=Config(proxies={}),
        )

    def left(self) -> list[str]:
        """All that somebody would still find on this AWS, jobs that have ended left out."""
        sagemaker = self.api.sagemaker
        buckets = [bucket["Name"] for bucket in self.api.s3.list_buckets()["Buckets"]]
        left = [f"bucket {name}" for name in buckets if not name.startswith(jumpstart_catalogue.BUCKETS)]
        left += [f"role {role['RoleName']}" for role in self.client("iam").list_roles()["Roles"]]
        pools = self.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
        left += [f"user pool {pool['Name']}" for pool in pools]
        left += [f"workforce {w['WorkforceName']}" for w in self._workforces.list_workforces()["Workforces"]]
        left += [f"workteam {t['WorkteamName']}" for t in self._workforces.list_workteams()["Workteams"]]
        left += [f"endpoint {e['EndpointName']}" for e in sagemaker.list_endpoints(NameContains="")["Endpoints"]]
        configs = sagemaker.list_endpoint_configs(NameContains="")["EndpointConfigs"]
        left += [f"endpoint config {c['EndpointConfigName']}" for c in configs]
        left += [f"model {m['ModelName']}" for m in sagemaker.list_models(NameContains="")["Models"]]
        left += self._studio.left()
        jobs = self._list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
        left += [f"training job {job['TrainingJobName']}" for job in jobs]
        labeling = self._list_labeling_jobs(StatusEquals="InProgress")["LabelingJobSummaryList"]
        left += [f"labelling job {job['LabelingJobName']}" for job in labeling]
        streams = self._describe_log_streams(logGroupName=TRAINING_LOGS)["logStreams"]
        left += [f"log stream {stream['logStreamName']}" for stream in streams]
        return left

    def _create_training_job(self, **request: Any) -> Mapping[str, Any]:
        self._require_role("CreateTrainingJob", request["RoleArn"])
        answer = self.api.sagemaker.create_training_job(**request)
        self._training_jobs.append(request["TrainingJobName"])
        return answer

    def _create_labeling_job(self, **request: Any) -> Mapping[str, Any]:
        self._require_role("CreateLabelingJob", request["RoleArn"])
        if not self._workforces.has_team(request["HumanTaskConfig"]["WorkteamArn"]):
            raise client_error("CreateLabelingJob", "ValidationException", "The work team does not exist.")
        answer = self.api.sagemaker.create_labeling_job(**request)
        self._labeling_jobs.append(request["LabelingJobName"])
        if self.faults.follow("CreateLabelingJob") == "StopLabelingJob":
            self.api.sagemaker.stop_labeling_job(LabelingJobName=request["LabelingJobName"])
        return answer

    def _create_model(self, **request: Any) -> Mapping[str, Any]:
        self._require_role("CreateModel", request["ExecutionRoleArn"])
        return self.api.sagemaker.create_model(**request)

    def _require_role(self, operation: str, arn: str) -> None:
        role = next((role for role in self.client("iam").list_roles()["Roles"] if role["Arn"] == arn), None)
        if role is None:
            raise client_error(operation, "ValidationException", f"Could not assume role {arn}.")
        self._new_roles.refuse(operation, role)

    def _list_training_jobs(self, *, NameContains: str = "", StatusEquals: str = "", **_: Any) -> Mapping[str, Any]:
        members = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingJobStatus")
        jobs = [self.api.sagemaker.describe_training_job(TrainingJobName=name) for name in self._training_jobs]
        return {"TrainingJobSummaries": _summaries(jobs, members, NameContains, StatusEquals)}

    def _list_labeling_jobs(self, *, NameContains: str = "", StatusEquals: str = "", **_: Any) -> Mapping[str, Any]:
        members = (
            "LabelingJobName", "LabelingJobArn", "CreationTime", "LastModifiedTime", "LabelingJobStatus",
            "LabelCounters",
        )  # fmt: skip
        jobs = [self.api.sagemaker.describe_labeling_job(LabelingJobName=name) for name in self._labeling_jobs]
        summaries = _summaries(jobs, members, NameContains, StatusEquals)
        return {"LabelingJobSummaryList": [{**summary, "WorkteamArn": ""} for summary in summaries]}

    def _describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str = "", **_: Any) -> Mapping[str, Any]:
        found = self.api.logs.describe_log_streams(logGroupName=logGroupName, logStreamNamePrefix=logStreamNamePrefix)[
            "logStreams"
        ]
        return {"logStreams": [stream for stream in found if stream["logStreamName"] not in self._deleted_streams]}

    def _delete_log_stream(self, *, logGroupName: str, logStreamName: str) -> Mapping[str, Any]:
        validate_request("logs", "DeleteLogStream", {"logGroupName": logGroupName, "logStreamName": logStreamName})
        self._deleted_streams.add(logStreamName)
        return {}


@contextlib.contextmanager
def open_double(folder: Path, programs: Programs, *, truth: Path, delays: Delays) -> Iterator[Double]:
    """Starts everything, with JumpStart's model in its bucket.

    Args:
        folder: for logs and records.
        truth: COCO file with the boxes that the invited worker, a program, draws.
        delays: how long things take.

    Raises:
        KitError: a service does not come up.
    """
    environments.require(*environments.OF_THE_AWS_DOUBLE)
    with Moto(folder) as moto:
        parts = Parts(
            moto,
            label_studio=lambda: LabelStudioServer(
                environments.LABEL_STUDIO, folder / "label-studio", s3_url=moto.url, port=None
            ),
            train=programs.train,
            serve=programs.serve,
            manner="as a process of this machine, in place of AWS",
        )
        with LocalCloud(folder, parts, truth=truth, labelling=False) as local:
            jumpstart_catalogue.fill(moto.client())
            yield Double(local.api(), moto, delays)


def _summaries(
    jobs: list[dict[str, Any]], members: tuple[str, ...], contains: str, status: str
) -> list[dict[str, Any]]:
    name, state = members[0], next(member for member in members if member.endswith("Status"))
    fitting = [job for job in jobs if contains in job[name] and status in ("", job[state])]
    return [{member: job[member] for member in members} for job in fitting]


def _local_verbs(sagemaker: SageMaker) -> dict[str, Operation]:
    """The operations that the local cloud carries out unchanged."""
    return {
        "DescribeLabelingJob": sagemaker.describe_labeling_job,
        "StopLabelingJob": sagemaker.stop_labeling_job,
        "DescribeTrainingJob": sagemaker.describe_training_job,
        "StopTrainingJob": sagemaker.stop_training_job,
        "DeleteEndpointConfig": sagemaker.delete_endpoint_config,
        "DeleteModel": sagemaker.delete_model,
        "ListEndpointConfigs": sagemaker.list_endpoint_configs,
        "ListModels": sagemaker.list_models,
    }
