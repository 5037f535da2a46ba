"""Deletes what only the cloud track makes, and lists what of a run is still on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.aws import names, own_trainer, role, studio, team, user_pool
from kit.aws.session import Aws
from kit.aws_api import unless_missing
from kit.language import _
from kit.settings import OWN, CloudSettings

_LOG_GROUPS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/LabelingJobs")


class AwsOwn:
    """`kit.aws_api.Own` of an AWS account."""

    def __init__(self, aws: Aws, settings: CloudSettings) -> None:
        self._aws = aws
        self._settings = settings
        self._poll_seconds = settings.poll_seconds

    def delete(self, kind: str, name: str) -> bool:
        """Deletes a resource of the ledger; False for a kind that is not known here."""
        aws = self._aws
        deletions = {
            role.KIND: lambda: role.delete(aws, name),
            user_pool.KIND: lambda: user_pool.delete(aws, name),
            user_pool.WORKER: lambda: user_pool.delete_worker(aws, name),
            team.GROUP: lambda: user_pool.delete_group(aws, name),
            team.WORKTEAM: lambda: team.delete_workteam(aws, name),
            own_trainer.REPOSITORY: lambda: own_trainer.delete_repository(aws, name),
            studio.DOMAIN: lambda: studio.delete_domain(aws, name, self._poll_seconds),
            team.WORKFORCE: lambda: team.delete_workforce(aws, name, self._poll_seconds),
        }
        if kind not in deletions:
            return False
        deletions[kind]()
        return True

    def delete_logs(self, suffix: str) -> None:
        """Deletes the logs that the run's jobs and endpoint wrote."""
        logs = self._aws.client("logs")
        for group in _LOG_GROUPS:
            for stream in self._log_streams(group, suffix):
                logs.delete_log_stream(logGroupName=group, logStreamName=stream)
        for group in self._endpoint_log_groups(suffix):
            logs.delete_log_group(logGroupName=group)

    def left_behind(self, suffix: str) -> list[str]:
        return [f"{kind} {name}" for kind, name in self._left(suffix)]

    def _left(self, suffix: str) -> Iterator[tuple[str, str]]:
        sagemaker = self._aws.client("sagemaker")
        if role.exists(self._aws, names.role(suffix)):
            yield role.KIND, names.role(suffix)
        for found in sagemaker.list_workteams(NameContains=suffix)["Workteams"]:
            yield team.WORKTEAM, found["WorkteamName"]
        for found in sagemaker.list_workforces(NameContains=suffix)["Workforces"]:
            yield team.WORKFORCE, found["WorkforceName"]
        if user_pool.find(self._aws, names.team(suffix)) is not None:
            yield user_pool.KIND, names.team(suffix)
        if self._settings.trainer == OWN:
            for repository in own_trainer.repositories(self._aws, suffix):
                yield own_trainer.REPOSITORY, repository
        if studio.find_domain(self._aws, names.team(suffix)) is not None:
            yield studio.DOMAIN, names.team(suffix)
        for group in _LOG_GROUPS:
            for stream in self._log_streams(group, suffix):
                yield "log stream", f"{group}:{stream}"
        for group in self._endpoint_log_groups(suffix):
            yield "log group", group
        jobs: dict[str, Any] = {"NameContains": suffix, "StatusEquals": "InProgress"}
        for job in sagemaker.list_training_jobs(**jobs)["TrainingJobSummaries"]:
            yield _("running training job"), job["TrainingJobName"]
        for job in sagemaker.list_labeling_jobs(**jobs)["LabelingJobSummaryList"]:
            yield _("running labelling job"), job["LabelingJobName"]

    def _log_streams(self, group: str, suffix: str) -> list[str]:
        """Streams begin with the job's name, and the job's with `plugs-<suffix>`."""
        found = unless_missing(
            self._aws.client("logs").describe_log_streams,
            logGroupName=group,
            logStreamNamePrefix=f"{names.team(suffix)}-",
        )
        return [stream["logStreamName"] for stream in found["logStreams"]] if found else []

    def _endpoint_log_groups(self, suffix: str) -> list[str]:
        prefix = f"/aws/sagemaker/Endpoints/{names.team(suffix)}"
        groups = self._aws.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return [group["logGroupName"] for group in groups]
