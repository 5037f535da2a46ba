"""SageMaker's training jobs as processes of this machine that keep the SageMaker training contract."""

from __future__ import annotations

import math
import os
import re
import shutil
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.local_cloud.account import sagemaker_arn
from kit.local_cloud.records import Record, Records
from kit.local_cloud.service_model import client_error, validate_request
from kit.local_cloud.training_logs import JobLog, TrainingLogs
from kit.local_cloud.training_run import INTERRUPTED, Outcome, TrainingRun

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_RUNNING = ("InProgress", "Stopping")
# Members of the record that DescribeTrainingJob does not have.
_OWN_MEMBERS = ("LogStreamName",)


class TrainingJobs:
    """The training verbs of boto3's `sagemaker` client; answers and errors are boto3's.

    Args:
        s3: holds the channels and receives the artifacts.
        folder: for the records and logs, which outlive this object. A job that was in progress when its local cloud
            ended is Failed when the folder is opened again.
        command: the program that trains, with its arguments: it finds its /opt/ml in SAGEMAKER_BASE_DIR.

    Attributes:
        logs: the jobs' logs, with the verbs of boto3's `logs` client.
    """

    def __init__(self, s3: S3Client, folder: Path, *, command: Sequence[str | os.PathLike[str]]) -> None:
        self._s3 = s3
        self._folder = folder
        self._command = command
        self._records = Records(folder)
        self._runs: dict[str, TrainingRun] = {}
        self._lock = threading.Lock()
        self.logs = TrainingLogs(self._records, folder)
        for record in self._records.all():
            if record["TrainingJobStatus"] in _RUNNING:
                self._clean_up_after_kill(record["TrainingJobName"])

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        """Starts a job and returns at once.

        Raises:
            ClientError: ValidationException for a request that AWS would refuse or that needs what is not here;
                ResourceInUse when the name is taken.
        """
        validate_request("sagemaker", "CreateTrainingJob", request)
        _require_supported(request)
        name = request["TrainingJobName"]
        record = _new_record(request)
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
                enter=lambda status, message: self._enter(name, status, message),
                finish=lambda outcome: self._finish(name, outcome),
            )
            run.start()
        return {"TrainingJobArn": record["TrainingJobArn"]}

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        """Raises ClientError with ValidationException, as AWS does, when there is no such job."""
        record = self._record("DescribeTrainingJob", request)
        description = {key: value for key, value in record.items() if key not in _OWN_MEMBERS}
        if record["TrainingJobStatus"] in _RUNNING and "TrainingStartTime" in record:
            description["TrainingTimeInSeconds"] = _seconds(record["TrainingStartTime"], _now())
        return description

    def stop_training_job(self, **request: Any) -> dict[str, Any]:
        """Asks a job to end. Raises ClientError with ValidationException when it is not in progress."""
        name = self._record("StopTrainingJob", request)["TrainingJobName"]

        def stopping(record: Record) -> Record:
            status = record["TrainingJobStatus"]
            if status not in _RUNNING:
                raise client_error(
                    "StopTrainingJob",
                    "ValidationException",
                    f"The request was rejected because the training job is in status {status}.",
                )
            if status == "Stopping":
                return record
            return _entered(record, "Stopping", "Stopping the training job") | {"TrainingJobStatus": "Stopping"}

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
            return record if record["TrainingJobStatus"] == "Stopping" else _entered(record, status, message)

        self._records.change(name, entered)

    def _finish(self, name: str, outcome: Outcome) -> None:
        log = JobLog(self._folder / name / "training.log")
        self._records.change(name, lambda record: _finished(record, outcome, log))

    def _clean_up_after_kill(self, name: str) -> None:
        folder = self._folder / name
        if (folder / "ml").exists():
            shutil.rmtree(folder / "ml")
        (folder / "model.tar.gz").unlink(missing_ok=True)
        JobLog(folder / "training.log").finish()
        self._finish(name, Outcome("Failed", "Failed", INTERRUPTED))


def _require_supported(request: dict[str, Any]) -> None:
    problems = [
        f"it has no {member}" for member in ("AlgorithmSpecification", "ResourceConfig") if member not in request
    ]
    algorithm = request.get("AlgorithmSpecification", {})
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if source is None or source["S3DataType"] != "S3Prefix":
            problems.append(f"channel {channel['ChannelName']} is not an S3DataSource with S3DataType S3Prefix")
        if channel.get("InputMode", algorithm.get("TrainingInputMode")) != "File":
            problems.append(f"channel {channel['ChannelName']} is not in File mode")
        if channel.get("CompressionType", "None") != "None":
            problems.append(f"channel {channel['ChannelName']} is compressed")
    if request.get("ResourceConfig", {}).get("InstanceCount", 1) != 1:
        problems.append("InstanceCount is not 1")
    for definition in algorithm.get("MetricDefinitions", []):
        try:
            groups = re.compile(definition["Regex"]).groups
        except re.error as error:
            problems.append(f"the regex of metric {definition['Name']} is wrong: {error}")
        else:
            if groups != 1:
                problems.append(f"the regex of metric {definition['Name']} does not have exactly one group")
    if problems:
        message = "The local cloud cannot run this training job: " + "; ".join(problems) + "."
        raise client_error("CreateTrainingJob", "ValidationException", message)


def _new_record(request: dict[str, Any]) -> Record:
    now = _now()
    name = request["TrainingJobName"]
    record = {
        **{key: value for key, value in request.items() if key != "Tags"},
        "TrainingJobArn": sagemaker_arn(f"training-job/{name}"),
        "TrainingJobStatus": "InProgress",
        "CreationTime": now,
        "SecondaryStatusTransitions": [],
        "LogStreamName": f"{name}/algo-1-{int(now.timestamp())}",
    }
    return _entered(record, "Starting", "Preparing this machine for training")


def _entered(record: Record, status: str, message: str) -> Record:
    """The record with a further secondary status."""
    now = _now()
    transitions = _ended_transitions(record, now)
    started = {"TrainingStartTime": now} if status == "Training" else {}
    return {
        **record,
        **started,
        "SecondaryStatus": status,
        "LastModifiedTime": now,
        "SecondaryStatusTransitions": [
            *transitions,
            {"Status": status, "StartTime": now, "StatusMessage": message},
        ],
    }


def _ended_transitions(record: Record, now: datetime) -> list[dict[str, Any]]:
    transitions: list[dict[str, Any]] = record["SecondaryStatusTransitions"]
    return transitions and [*transitions[:-1], {**transitions[-1], "EndTime": now}]


def _finished(record: Record, outcome: Outcome, log: JobLog) -> Record:
    message = outcome.failure_reason or f"Training job {outcome.status.lower()}"
    record = _entered(record, outcome.secondary, message)
    now = record["LastModifiedTime"]
    record["SecondaryStatusTransitions"] = _ended_transitions(record, now)
    record |= {"TrainingJobStatus": outcome.status, "TrainingEndTime": now}
    if "TrainingStartTime" in record:
        record["TrainingTimeInSeconds"] = _seconds(record["TrainingStartTime"], now)
    if outcome.failure_reason is not None:
        record["FailureReason"] = outcome.failure_reason
    if outcome.artifact is not None:
        record["ModelArtifacts"] = {"S3ModelArtifacts": outcome.artifact}
    definitions = record["AlgorithmSpecification"].get("MetricDefinitions", [])
    record["FinalMetricDataList"] = _final_metrics(definitions, log, now)
    return record


def _final_metrics(definitions: list[dict[str, str]], log: JobLog, now: datetime) -> list[dict[str, Any]]:
    patterns = {definition["Name"]: re.compile(definition["Regex"]) for definition in definitions}
    last: dict[str, float] = {}
    for line in log.lines():
        for name, pattern in patterns.items():
            match = pattern.search(line)
            if match is not None and _is_number(match[1]):
                last[name] = float(match[1])
    return [{"MetricName": name, "Value": value, "Timestamp": now} for name, value in last.items()]


def _is_number(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return False
    return True


def _seconds(start: datetime, end: datetime) -> int:
    return max(1, math.ceil((end - start).total_seconds()))


def _now() -> datetime:
    return datetime.now(timezone.utc)
