"""The SageMaker training job. SageMaker keeps its record for ever, at no cost: deleted means that it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from kit.aws_api import TRAINING_JOB_RUNNING, AwsApi, unless_missing
from kit.language import _
from kit.resources.waiting import wait_while
from kit.run.journal import Journal
from kit.run.names import TRAINING_JOB


@dataclass(frozen=True)
class TrainingJob:
    name: ClassVar[str] = TRAINING_JOB
    stands_on: ClassVar[tuple[str, ...]] = ("role", "bucket")
    api: AwsApi

    def make(self, journal: Journal, request: Mapping[str, Any]) -> None:
        """Starts a job; it ends by itself at the request's `StoppingCondition` at the latest."""
        journal.will_create(self.name, request["TrainingJobName"])
        self.api.sagemaker.create_training_job(**request, **self.api.tagged)

    def stop(self, job: str) -> None:
        """Asks for its end; one that has ended in the meantime is as good, in whatever words SageMaker refuses it."""
        try:
            self.api.sagemaker.stop_training_job(TrainingJobName=job)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException" or self._running(job) is not None:
                raise

    def delete(self, job: str) -> None:
        """Stops it and waits until it has: until then it writes to the bucket, which goes next. Raises ServiceError."""
        if self._running(job) is None:
            return
        self.stop(job)
        wait_while(
            lambda: self._running(job),
            what=_("Training job {name}").format(name=job),
            seconds=self.api.deletion_seconds,
            poll_seconds=self.api.poll_seconds,
            todo=_("run the same command again later"),
        )

    def left(self, suffix: str) -> list[str]:
        found = self.api.sagemaker.list_training_jobs(NameContains=suffix, StatusEquals="InProgress")
        return [job["TrainingJobName"] for job in found["TrainingJobSummaries"]]

    def _running(self, job: str) -> str | None:
        found = unless_missing(self.api.sagemaker.describe_training_job, TrainingJobName=job)
        status = None if found is None else str(found["TrainingJobStatus"])
        return status if status in TRAINING_JOB_RUNNING else None
