"""The Ground Truth labeling job. SageMaker keeps its record for ever, at no cost: deleted means that it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from kit.aws_api import LABELING_JOB_RUNNING, AwsApi, unless_missing
from kit.language import _
from kit.resources.waiting import wait_while
from kit.run.journal import Journal
from kit.run.names import LABELING_JOB


@dataclass(frozen=True)
class LabelingJob:
    name: ClassVar[str] = LABELING_JOB
    stands_on: ClassVar[tuple[str, ...]] = ("role", "bucket", "workteam")
    api: AwsApi

    def make(self, journal: Journal, request: Mapping[str, Any]) -> None:
        """Starts a job; how long people take over it is theirs to say."""
        journal.will_create(self.name, request["LabelingJobName"])
        self.api.sagemaker.create_labeling_job(**request, **self.api.tagged)

    def stop(self, job: str) -> None:
        """Asks for its end; one that has ended in the meantime is as good, in whatever words SageMaker refuses it."""
        try:
            self.api.sagemaker.stop_labeling_job(LabelingJobName=job)
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
            what=_("Labelling job {name}").format(name=job),
            seconds=self.api.deletion_seconds,
            poll_seconds=self.api.poll_seconds,
            todo=_("run the same command again later"),
        )

    def left(self, suffix: str) -> list[str]:
        found = self.api.sagemaker.list_labeling_jobs(NameContains=suffix, StatusEquals="InProgress")
        return [job["LabelingJobName"] for job in found["LabelingJobSummaryList"]]

    def _running(self, job: str) -> str | None:
        found = unless_missing(self.api.sagemaker.describe_labeling_job, LabelingJobName=job)
        status = None if found is None else str(found["LabelingJobStatus"])
        return status if status in LABELING_JOB_RUNNING else None
