"""Stage "training": fine-tuning as a SageMaker training job, followed by its log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kit.atomic_file import write_atomically
from kit.errors import ServiceError
from kit.workshop.context import MODEL_OUTPUT, TRAINING, Context, described, pause

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
RUNNING = ("InProgress", "Stopping")
_LAST_LINES = 12


def run(context: Context) -> dict[str, Any]:
    sagemaker = context.cloud.sagemaker
    name, job = _usable_job(context)
    if job is None:
        context.journal.will_create("training-job", name)
        sagemaker.create_training_job(**request(context, name))
    epochs = context.settings.epochs
    log = TrainingLog(context, name)
    with context.console.progress("epochs", epochs) as advance:
        while True:
            # The status is asked for first: a log read after the job's end is whole.
            job = sagemaker.describe_training_job(TrainingJobName=name)
            log.read_on()
            history = read_history(log.lines, context.cloud.algorithm.metric_definitions)
            if history:
                advance(len(history), _note(history[-1]))
            if job["TrainingJobStatus"] not in RUNNING:
                break
            pause(context)
    context.journal.has_deleted("training-job", name)
    write_atomically(context.folder.training_log, "".join(line + "\n" for line in log.lines).encode())
    if job["TrainingJobStatus"] != "Completed":
        tail = "\n".join(f"  | {line}" for line in log.lines[-_LAST_LINES:])
        reason = str(job.get("FailureReason", "no reason given")).rstrip(".")
        raise ServiceError(
            f"Training job {name} ended as {job['TrainingJobStatus']}: {reason}. Mend that and run the same command "
            f"again; the log is {context.folder.training_log}" + (f" and ends with:\n{tail}" if tail else ".")
        )
    return {
        "job": name,
        "model_artifact": job["ModelArtifacts"]["S3ModelArtifacts"],
        "train_seconds": job["TrainingTimeInSeconds"],
        "epochs": epochs,
        "device": device_of(log.lines) or context.cloud.algorithm.training_instance,
        "history": history,
    }


def _usable_job(context: Context) -> tuple[str, Mapping[str, Any] | None]:
    """This run's training job: the one that runs or has completed, else the next free name."""
    number = 1
    while True:
        name = f"plugs-{context.suffix}-{number}"
        job = described(context.cloud.sagemaker.describe_training_job, TrainingJobName=name)
        if job is None or job["TrainingJobStatus"] in (*RUNNING, "Completed"):
            return name, job
        number += 1


def request(context: Context, name: str) -> dict[str, Any]:
    """The CreateTrainingJob request: JumpStart's channel and hyperparameter names."""
    algorithm, settings = context.cloud.algorithm, context.settings
    hyperparameters = {
        "epochs": settings.epochs,
        "seed": settings.seed,
        "adam-learning-rate": settings.learning_rate,
        "batch-size": settings.batch_size,
        "image-size": settings.image_size,
    }
    given = {name: str(value) for name, value in hyperparameters.items() if value is not None}
    return {
        "TrainingJobName": name,
        "RoleArn": context.cloud.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": algorithm.training_image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [dict(definition) for definition in algorithm.metric_definitions],
        },
        "HyperParameters": {**algorithm.hyperparameters, **given},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": context.uri(TRAINING),
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": context.uri(MODEL_OUTPUT)},
        "ResourceConfig": {"InstanceType": algorithm.training_instance, "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


class TrainingLog:
    """The job's log in CloudWatch Logs, read a piece at a time."""

    def __init__(self, context: Context, job: str) -> None:
        self._logs = context.cloud.logs
        self._job = job
        self._stream: str | None = None
        self._token: str | None = None
        self.lines: list[str] = []

    def read_on(self) -> None:
        """Adds what has come since; nothing as long as the job has no log stream."""
        if self._stream is None:
            found = described(
                self._logs.describe_log_streams, logGroupName=LOG_GROUP, logStreamNamePrefix=f"{self._job}/"
            )
            if not (found and found["logStreams"]):
                return
            self._stream = found["logStreams"][0]["logStreamName"]
        while True:
            where: dict[str, Any] = {"nextToken": self._token} if self._token else {}
            answer = self._logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=self._stream, startFromHead=True, **where
            )
            self.lines += [event["message"] for event in answer["events"]]
            if answer["nextForwardToken"] == self._token:
                return
            self._token = answer["nextForwardToken"]


def read_history(lines: Iterable[str], definitions: Sequence[Mapping[str, str]]) -> list[dict[str, float]]:
    """The numbers that the metric definitions find, one entry for each line on which `epoch` is among them."""
    return [found for found in _metrics(lines, definitions) if "epoch" in found]


def device_of(lines: Iterable[str]) -> str | None:
    """What the log says it trains on ("cpu", "cuda"), if it does: the kit's own detector does, JumpStart's not."""
    found = (re.search(r"\bdevice (\w+)", line) for line in lines)
    return next((match.group(1) for match in found if match), None)


def _metrics(lines: Iterable[str], definitions: Sequence[Mapping[str, str]]) -> Iterator[dict[str, float]]:
    patterns = [(definition["Name"], re.compile(definition["Regex"])) for definition in definitions]
    for line in lines:
        matches = ((name, pattern.search(line)) for name, pattern in patterns)
        yield {name: float(match.group(1)) for name, match in matches if match}


def _note(entry: Mapping[str, float]) -> str:
    value = entry.get("Val_CrossEntropy")
    return "" if value is None else f"Val_CrossEntropy {value:.3f}"
