"""What the double's account has in one region besides moto's services, and its table of operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kit.aws_api import TRAINING_LOGS, AwsApi, SageMaker
from kit.aws_double.account_facts import Quotas, get_products
from kit.aws_double.clock import Clock
from kit.aws_double.delays import Delays, NewRoles, SlowEndpoints
from kit.aws_double.faults import Faults
from kit.aws_double.search import Search
from kit.aws_double.studio import Studio
from kit.aws_double.tags import Tags, listed
from kit.aws_double.user_pools import UserPools
from kit.aws_double.workforce import Workforces
from kit.local_cloud.account import Place
from kit.local_cloud.hosting.endpoints import Hosting
from kit.local_cloud.service_model import client_error, validate_request

Operation = Callable[..., Mapping[str, Any]]


class Region:
    """SageMaker, its logs and its quotas in a region.

    Args:
        place: which.
        api: the local cloud that carries them out.
        hosting: of the same local cloud.
        moto: a boto3 client of moto's by service, in this region.
        quotas: values by name, those of the account.

    Attributes:
        operations: by service and operation.
    """

    def __init__(
        self,
        place: Place,
        api: AwsApi,
        hosting: Hosting,
        moto: Callable[[str], Any],
        *,
        clock: Clock,
        delays: Delays,
        new_roles: NewRoles,
        faults: Faults,
        quotas: Mapping[str, float],
    ) -> None:
        self.api = api
        self.tags = Tags()
        self._moto = moto
        self._faults = faults
        self._workforces = Workforces(place, clock, delays)
        self._studio = Studio(place, clock, delays, faults)
        self._new_roles = new_roles
        self._training_jobs: list[str] = []
        self._labeling_jobs: list[str] = []
        self._deleted_streams: set[str] = set()
        of_quotas = Quotas(place, quotas)
        of_user_pools = UserPools(moto("cognito-idp")).operations
        of_sagemaker: dict[str, Operation] = {
            **_local_verbs(api.sagemaker),
            **SlowEndpoints(api.sagemaker, delays, clock).operations,
            **self._workforces.operations,
            **self._studio.operations,
            **self.tags.operations,
            **Search(self._described_training_jobs, self.tags).operations,
            "DescribeModel": hosting.describe_model,
            "DescribeEndpointConfig": hosting.describe_endpoint_config,
            "DescribeLabelingJob": self._describe_labeling_job,
            "CreateTrainingJob": self._create_training_job,
            "CreateLabelingJob": self._create_labeling_job,
            "CreateModel": self._create_model,
            "ListTrainingJobs": self._list_training_jobs,
            "ListLabelingJobs": self._list_labeling_jobs,
        }
        self.operations: dict[tuple[str, str], Operation] = {
            **{("sagemaker", name): operation for name, operation in of_sagemaker.items()},
            **{("cognito-idp", name): operation for name, operation in of_user_pools.items()},
            ("logs", "DescribeLogStreams"): self._describe_log_streams,
            ("logs", "GetLogEvents"): api.logs.get_log_events,
            ("logs", "DeleteLogStream"): self._delete_log_stream,
            ("service-quotas", "ListServiceQuotas"): of_quotas.list_service_quotas,
            ("service-quotas", "ListAWSDefaultServiceQuotas"): of_quotas.list_aws_default_service_quotas,
            ("service-quotas", "RequestServiceQuotaIncrease"): of_quotas.request_service_quota_increase,
            ("pricing", "GetProducts"): get_products,
        }

    def left(self) -> list[str]:
        """All that somebody would still find in this region, jobs that have ended left out."""
        sagemaker = self.api.sagemaker
        pools = self._moto("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
        left = [f"user pool {pool['Name']}" for pool in pools]
        left += [f"workforce {w['WorkforceName']}" for w in self._workforces.list_workforces()["Workforces"]]
        left += [f"workteam {t['WorkteamName']}" for t in self._workforces.list_workteams()["Workteams"]]
        left += [f"endpoint {e['EndpointName']}" for e in sagemaker.list_endpoints(NameContains="")["Endpoints"]]
        configs = sagemaker.list_endpoint_configs(NameContains="")["EndpointConfigs"]
        left += [f"endpoint config {c['EndpointConfigName']}" for c in configs]
        left += [f"model {m['ModelName']}" for m in sagemaker.list_models(NameContains="")["Models"]]
        left += self._studio.left()
        jobs = self._list_training_jobs()["TrainingJobSummaries"]
        left += [f"training job {j['TrainingJobName']}" for j in jobs if j["TrainingJobStatus"] == "InProgress"]
        labeling = self._list_labeling_jobs()["LabelingJobSummaryList"]
        left += [f"labelling job {j['LabelingJobName']}" for j in labeling if j["LabelingJobStatus"] == "InProgress"]
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
        if self._faults.follow("CreateLabelingJob") == "StopLabelingJob":
            self.api.sagemaker.stop_labeling_job(LabelingJobName=request["LabelingJobName"])
        return answer

    def _create_model(self, **request: Any) -> Mapping[str, Any]:
        self._require_role("CreateModel", request["ExecutionRoleArn"])
        return self.api.sagemaker.create_model(**request)

    def _require_role(self, operation: str, arn: str) -> None:
        role = next((role for role in self._moto("iam").list_roles()["Roles"] if role["Arn"] == arn), None)
        if role is None:
            raise client_error(operation, "ValidationException", f"Could not assume role {arn}.")
        self._new_roles.refuse(operation, role)

    def _list_training_jobs(self) -> Mapping[str, Any]:
        members = (
            "TrainingJobName", "TrainingJobArn", "CreationTime", "LastModifiedTime", "TrainingEndTime",
            "TrainingJobStatus", "SecondaryStatus",
        )  # fmt: skip
        return {"TrainingJobSummaries": [_only(job, members) for job in self._described_training_jobs()]}

    def _described_training_jobs(self) -> list[dict[str, Any]]:
        return [self.api.sagemaker.describe_training_job(TrainingJobName=name) for name in self._training_jobs]

    def _describe_labeling_job(self, *, LabelingJobName: str) -> Mapping[str, Any]:
        job = self.api.sagemaker.describe_labeling_job(LabelingJobName=LabelingJobName)
        return {**job, "Tags": listed(self.tags.of(job["LabelingJobArn"]))}

    def _list_labeling_jobs(self) -> Mapping[str, Any]:
        members = (
            "LabelingJobName", "LabelingJobArn", "CreationTime", "LastModifiedTime", "LabelingJobStatus",
            "LabelCounters",
        )  # fmt: skip
        jobs = [self.api.sagemaker.describe_labeling_job(LabelingJobName=name) for name in self._labeling_jobs]
        teams = [job["HumanTaskConfig"]["WorkteamArn"] for job in jobs]
        summaries = [{**_only(job, members), "WorkteamArn": team} for job, team in zip(jobs, teams, strict=True)]
        return {"LabelingJobSummaryList": summaries}

    def _describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str = "", **_: Any) -> Mapping[str, Any]:
        found = self.api.logs.describe_log_streams(logGroupName=logGroupName, logStreamNamePrefix=logStreamNamePrefix)[
            "logStreams"
        ]
        return {"logStreams": [stream for stream in found if stream["logStreamName"] not in self._deleted_streams]}

    def _delete_log_stream(self, *, logGroupName: str, logStreamName: str) -> Mapping[str, Any]:
        validate_request("logs", "DeleteLogStream", {"logGroupName": logGroupName, "logStreamName": logStreamName})
        self._deleted_streams.add(logStreamName)
        return {}


def _only(job: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {member: job[member] for member in members if member in job}


def _local_verbs(sagemaker: SageMaker) -> dict[str, Operation]:
    """The operations that the local cloud carries out unchanged."""
    return {
        "StopLabelingJob": sagemaker.stop_labeling_job,
        "DescribeTrainingJob": sagemaker.describe_training_job,
        "StopTrainingJob": sagemaker.stop_training_job,
        "DeleteEndpointConfig": sagemaker.delete_endpoint_config,
        "DeleteModel": sagemaker.delete_model,
        "ListEndpointConfigs": lambda: sagemaker.list_endpoint_configs(NameContains=""),
        "ListModels": lambda: sagemaker.list_models(NameContains=""),
    }
