"""The record of a training job, in the shape of DescribeTrainingJob, from its request to its end."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import Any

from kit.aws_api import TRAINING_JOB_RUNNING
from kit.local_cloud.account import Place
from kit.local_cloud.records import Record
from kit.local_cloud.service_model import client_error
from kit.local_cloud.training.job_run import Outcome
from kit.local_cloud.training.logs import JobLog

# Members of the record that DescribeTrainingJob does not have.
_OWN_MEMBERS = ("LogStreamName",)


def require_supported(request: dict[str, Any]) -> None:
    """Raises ClientError with ValidationException for a valid request that cannot be carried out here."""
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


def new_record(request: dict[str, Any], place: Place) -> Record:
    """The record of a job that was just created."""
    now = _now()
    name = request["TrainingJobName"]
    record = {
        **{key: value for key, value in request.items() if key != "Tags"},
        "TrainingJobArn": place.sagemaker_arn(f"training-job/{name}"),
        "TrainingJobStatus": "InProgress",
        "CreationTime": now,
        "SecondaryStatusTransitions": [],
        "LogStreamName": f"{name}/algo-1-{int(now.timestamp())}",
    }
    return entered_record(record, "Starting", "Preparing this machine for training")


def entered_record(record: Record, status: str, message: str) -> Record:
    """The record with a further secondary status."""
    now = _now()
    transitions = _transitions_until(record, now)
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


def _transitions_until(record: Record, now: datetime) -> list[dict[str, Any]]:
    transitions: list[dict[str, Any]] = record["SecondaryStatusTransitions"]
    return transitions and [*transitions[:-1], {**transitions[-1], "EndTime": now}]


def finished_record(record: Record, outcome: Outcome, log: JobLog) -> Record:
    """The record of a job that has ended, with the last value of each metric in its log."""
    message = outcome.failure_reason or f"Training job {outcome.status.lower()}"
    record = entered_record(record, outcome.secondary, message)
    record.pop("ModelArtifacts", None)
    now = record["LastModifiedTime"]
    record["SecondaryStatusTransitions"] = _transitions_until(record, now)
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


def description(record: Record) -> dict[str, Any]:
    """The answer of DescribeTrainingJob."""
    members = {key: value for key, value in record.items() if key not in _OWN_MEMBERS}
    if record["TrainingJobStatus"] in TRAINING_JOB_RUNNING and "TrainingStartTime" in record:
        members["TrainingTimeInSeconds"] = _seconds(record["TrainingStartTime"], _now())
    return members


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
