"""SageMaker's training jobs, each carried out by a program of this machine that keeps SageMaker's training contract."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kit.aws_api import TRAINING_JOB_RUNNING
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.process import wait_for_predecessor
from kit.local_cloud.records import Record, Records
from kit.local_cloud.service_model import client_error, validate_request
from kit.local_cloud.training.job_run import INTERRUPTED, LOST, Outcome, TrainingRun
from kit.local_cloud.training.logs import JobLog, TrainingLogs
from kit.local_cloud.training.record import (
    description,
    entered_record,
    finished_record,
    new_record,
    require_supported,
)
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class TrainingJobs:
    """The training verbs of boto3's `sagemaker` client; answers and errors are boto3's.

    Args:
        s3: holds the channels and receives the artifacts.
        folder: for the records and logs, which outlive this object. A job that was in progress when its local cloud
            ended is Failed when the folder is opened again, and so is one whose artifact `s3` has lost since.
        command: the program that trains, with its arguments: it finds its /opt/ml in SAGEMAKER_BASE_DIR.
        manner: how that runs a job; the job's description says so.
        place: in the ARNs.

    Attributes:
        logs: the jobs' logs, with the verbs of boto3's `logs` client.
    """

    def __init__(
        self,
        s3: S3Client,
        folder: Path,
        *,
        command: Sequence[str | os.PathLike[str]],
        manner: str = "as a process of this machine",
        place: Place = HERE,
    ) -> None:
        self._s3 = s3
        self._folder = folder
        self._command = command
        self._manner = manner
        self._place = place
        self._records = Records(folder)
        self._runs: dict[str, TrainingRun] = {}
        self._lock = threading.Lock()
        self.logs = TrainingLogs(self._records, folder, place)
        for record in self._records.all():
            if record["TrainingJobStatus"] in TRAINING_JOB_RUNNING:
                self._clean_up_after_kill(record["TrainingJobName"])
        self.fail_what_lost_its_artifact()

    def fail_what_lost_its_artifact(self) -> None:
        """Marks those jobs as Failed whose artifact S3 has not (any more); to be called when it was started anew."""
        for record in self._records.all():
            if "ModelArtifacts" in record and not self._exists(record["ModelArtifacts"]["S3ModelArtifacts"]):
                self._finish(record["TrainingJobName"], Outcome("Failed", "Failed", LOST))

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        """Starts a job and returns at once.

        Raises:
            ClientError: ValidationException for a request that AWS would refuse or that needs what is not here;
                ResourceInUse when the name is taken.
        """
        validate_request("sagemaker", "CreateTrainingJob", request)
        require_supported(request)
        name = request["TrainingJobName"]
        record = new_record(request, self._place)
        with self._lock:
            if not self._records.add(name, record):
                raise client_error(
                    "CreateTrainingJob",
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a training job with "
                    f"this name already exists ({record['TrainingJobArn']})",
                )
            run = self._runs[name] = TrainingRun(
                self._s3,
                request,
                record["TrainingJobArn"],
                self._folder / name,
                self._command,
                manner=self._manner,
                enter=lambda status, message: self._enter(name, status, message),
                finish=lambda outcome: self._finish(name, outcome),
            )
            run.start()
        return {"TrainingJobArn": record["TrainingJobArn"]}

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        """Raises ClientError with ValidationException, as AWS does, when there is no such job."""
        return description(self._record("DescribeTrainingJob", request))

    def list_training_jobs(self, *, NameContains: str, StatusEquals: str) -> dict[str, Any]:
        members = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingJobStatus")
        found = [
            {member: record[member] for member in members}
            for record in self._records.all()
            if NameContains in record["TrainingJobName"] and record["TrainingJobStatus"] == StatusEquals
        ]
        return {"TrainingJobSummaries": found}

    def stop_training_job(self, **request: Any) -> dict[str, Any]:
        """Asks a job to end. Raises ClientError with ValidationException when it is not in progress."""
        name = self._record("StopTrainingJob", request)["TrainingJobName"]

        def stopping(record: Record) -> Record:
            status = record["TrainingJobStatus"]
            if status not in TRAINING_JOB_RUNNING:
                raise client_error(
                    "StopTrainingJob",
                    "ValidationException",
                    f"The request was rejected because the training job is in status {status}.",
                )
            if status == "Stopping":
                return record
            return entered_record(record, "Stopping", "Stopping the training job") | {"TrainingJobStatus": "Stopping"}

        self._records.change(name, stopping)
        with self._lock:
            self._runs[name].stop()
        return {}

    def close(self) -> None:
        """Ends what runs; those jobs are Failed. Returns when no process is left."""
        with self._lock:
            for run in self._runs.values():
                run.interrupt()

    def _record(self, operation: str, request: dict[str, Any]) -> Record:
        validate_request("sagemaker", operation, request)
        record = self._records.get(request["TrainingJobName"])
        if record is None:
            raise client_error(operation, "ValidationException", "Requested resource not found.")
        return record

    def _enter(self, name: str, status: str, message: str) -> None:
        def entered(record: Record) -> Record:
            # What still happens after a stop was asked for is part of stopping.
            return record if record["TrainingJobStatus"] == "Stopping" else entered_record(record, status, message)

        self._records.change(name, entered)

    def _finish(self, name: str, outcome: Outcome) -> None:
        log = JobLog(self._folder / name / "training.log")
        self._records.change(name, lambda record: finished_record(record, outcome, log))

    def _exists(self, uri: str) -> bool:
        bucket, key = bucket_and_key(uri)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return False
        return True

    def _clean_up_after_kill(self, name: str) -> None:
        folder = self._folder / name
        wait_for_predecessor(f"Training job {name}", folder / "training.log")
        if (folder / "ml").exists():
            shutil.rmtree(folder / "ml")
        (folder / "model.tar.gz").unlink(missing_ok=True)
        JobLog(folder / "training.log").finish()
        self._finish(name, Outcome("Failed", "Failed", INTERRUPTED))
