"""Stage "training": fine-tuning as a SageMaker training job, followed by its log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kit import advice
from kit.atomic_file import write_atomically
from kit.aws_api import CLASS_NAMES, LONGEST_HYPERPARAMETER, TRAINING_JOB_RUNNING, TRAINING_LOGS, unless_missing
from kit.errors import ServiceError
from kit.language import _
from kit.resources.training_job import TrainingJob
from kit.resources.waiting import wait_while
from kit.run import names, training_state
from kit.run.context import MODEL_OUTPUT, TRAINING, Context
from kit.run.results import TrainingResult
from kit.run.state_file import write_state
from kit.run.training_state import TrainingState
from kit.training_settings import hyperparameters, most_minutes

_LAST_LINES = 12
# Finding an instance, fetching image and data, keeping the model: AWS's limit of a job does not count it.
_BESIDE_TRAINING_SECONDS = 7200
# Of a job that names no limit: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
_LIMITS = {"MaxRuntimeInSeconds": 86_400}
# Without it, a look at the log tells nothing of how well the training does.
_FOLLOWED = "Val_CrossEntropy"


def run(context: Context) -> TrainingResult:
    name, job, ended = _usable_job(context)
    if job is None:
        asked = request(context, name)
        if ended is not None and _would_end_alike(ended, asked):
            raise ServiceError(unwanted_end(ended["TrainingJobName"], ended))
        TrainingJob(context.api).make(context.journal, asked)
    log = TrainingLog(context, name)
    job, history = _followed(context, name, log)
    context.journal.mark_ended(TrainingJob.name, name)
    write_atomically(context.folder.training_log, "".join(line + "\n" for line in log.lines).encode())
    if job["TrainingJobStatus"] != "Completed":
        tail = [f"  | {line}" for line in log.lines[-_LAST_LINES:]]
        ending = unwanted_end(name, job)
        where = _("Its log {log} ends with:") if tail else _("Its log is {log}.")
        raise ServiceError("\n".join([f"{ending} {where.format(log=context.folder.training_log)}", *tail]))
    return TrainingResult(
        job=name,
        model_artifact=job["ModelArtifacts"]["S3ModelArtifacts"],
        # Both are optional in DescribeTrainingJob's answer.
        train_seconds=job.get("TrainingTimeInSeconds", 0),
        billable_seconds=job.get("BillableTimeInSeconds", job.get("TrainingTimeInSeconds", 0)),
        epochs=context.settings.epochs,
        device=device_of(log.lines) or context.api.algorithm.training_instance,
        history=tuple(history),
        hyperparameters={**request(context, name)["HyperParameters"], **hyperparameters_of(log.lines)},
        validation_pictures=validation_pictures_of(log.lines),
    )


def _followed(context: Context, name: str, log: TrainingLog) -> tuple[Mapping[str, Any], list[dict[str, float]]]:
    """Waits until the job has ended, and shows how far it is; returns its description and its numbers by epoch.

    Raises:
        ServiceError: it is not over long after the time at which AWS should have stopped it.
    """
    sagemaker, definitions = context.api.sagemaker, context.api.algorithm.metric_definitions
    # The job's own, which may have been created under other TRAIN_MINUTES.
    limits = {**_LIMITS, **sagemaker.describe_training_job(TrainingJobName=name)["StoppingCondition"]}
    job: Mapping[str, Any] = {}
    history: list[dict[str, float]] = []
    with context.console.progress(_("epochs"), context.settings.epochs) as advance:

        def pending() -> str | None:
            nonlocal job, history
            # The status is asked for first: a log read after the job's end is whole.
            job = sagemaker.describe_training_job(TrainingJobName=name)
            log.read_on()
            seen, history = len(history), read_history(log.lines, definitions)
            if len(history) > seen:
                state = _state(job, history, context.settings.epochs, validation_pictures_of(log.lines))
                write_state(context.folder.training_state, state)
                advance(len(history), training_state.told(state, time.time()))
            status = str(job["TrainingJobStatus"])
            return status if status in TRAINING_JOB_RUNNING else None

        wait_while(
            pending,
            what=_("Training job {name}").format(name=name),
            seconds=max(limits.values()) + _BESIDE_TRAINING_SECONDS,
            poll_seconds=context.api.poll_seconds,
            todo=_("look at it in SageMaker's console; the same command goes on waiting for it"),
        )
    return job, history


def _usable_job(context: Context) -> tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """This run's training job: the one that runs or has completed, else the next free name; and the one before that."""
    number, ended = 1, None
    while True:
        name = names.job(context.suffix, number)
        number += 1
        if context.journal.is_outdated(TrainingJob.name, name):
            continue
        job = unless_missing(context.api.sagemaker.describe_training_job, TrainingJobName=name)
        if job is None or job["TrainingJobStatus"] in (*TRAINING_JOB_RUNNING, "Completed"):
            return name, job, ended
        ended = job


def _would_end_alike(ended: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a job that was stopped at its limit would be paid for once more and come no further."""
    if ended["SecondaryStatus"] != "MaxRuntimeExceeded":
        return False
    is_like_it = ended.get("ResourceConfig", {}).get("InstanceType") == asked["ResourceConfig"]["InstanceType"]
    before, now = ({**_LIMITS, **job["StoppingCondition"]}["MaxRuntimeInSeconds"] for job in (ended, asked))
    return is_like_it and int(now) <= int(before)


def request(context: Context, name: str) -> dict[str, Any]:
    """The CreateTrainingJob request: JumpStart's channel and hyperparameter names."""
    algorithm, settings = context.api.algorithm, context.settings
    # Of those that the model does not take there are defaults only: whoever resolved it has refused the rest.
    named = {**hyperparameters(settings), **_class_names(context.pictures.labels)}
    given = {name: value for name, value in named.items() if name in algorithm.tunable}
    channels = {"training": context.uri(TRAINING), **algorithm.channels}
    seconds = max(1, round(60 * most_minutes(settings, len(context.pictures.pictures))))
    stopping = {"MaxRuntimeInSeconds": seconds}
    optional: dict[str, Any] = {}
    if algorithm.training_environment:
        optional["Environment"] = dict(algorithm.training_environment)
    if algorithm.isolated_training:
        optional["EnableNetworkIsolation"] = True
    if algorithm.encrypted_traffic:
        optional["EnableInterContainerTrafficEncryption"] = True
    if algorithm.spot:
        optional["EnableManagedSpotTraining"] = True
        stopping["MaxWaitTimeInSeconds"] = 2 * seconds
    return {
        "TrainingJobName": name,
        "RoleArn": context.api.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": algorithm.training_image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [dict(definition) for definition in algorithm.metric_definitions],
        },
        "HyperParameters": {**algorithm.hyperparameters, **given},
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": uri,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel, uri in channels.items()
        ],
        "OutputDataConfig": {"S3OutputPath": context.uri(MODEL_OUTPUT)},
        "ResourceConfig": {
            "InstanceType": algorithm.training_instance,
            "InstanceCount": 1,
            "VolumeSizeInGB": algorithm.volume_gb,
        },
        "StoppingCondition": stopping,
        **optional,
    }


def _class_names(labels: Sequence[str]) -> dict[str, str]:
    """The hyperparameter by which a model learns what its classes are called.

    Nothing where there are more names than a hyperparameter holds: the model then calls them by their ids, as
    JumpStart's do, and the run's own list names them.
    """
    value = json.dumps(labels, ensure_ascii=False)
    return {CLASS_NAMES: value} if labels and len(value) <= LONGEST_HYPERPARAMETER else {}


def unwanted_end(name: str, job: Mapping[str, Any]) -> str:
    """The sentence for a job that ended without being Completed, with what to do next.

    Args:
        job: DescribeTrainingJob's answer. What is out of time has no FailureReason, only its SecondaryStatus.
    """
    limits = {**_LIMITS, **job.get("StoppingCondition", {})}
    if job["SecondaryStatus"] == "MaxRuntimeExceeded":
        return _(
            "Training job {name} was stopped after {minutes:g} min, its limit; the same command with more "
            "TRAIN_MINUTES, or fewer EPOCHS, trains anew."
        ).format(name=name, minutes=limits["MaxRuntimeInSeconds"] / 60)
    if job["SecondaryStatus"] == "MaxWaitTimeExceeded" and "MaxWaitTimeInSeconds" in limits:
        return _(
            "Training job {name} was stopped because it had not ended {minutes:g} min after it was asked for, the "
            "longest wait for a spot instance; the same command with SPOT=0 or with more TRAIN_MINUTES trains anew."
        ).format(name=name, minutes=limits["MaxWaitTimeInSeconds"] / 60)
    reason = str(job.get("FailureReason", _("no reason given"))).rstrip(".")
    return _("Training job {name} ended as {status}: {reason}; {todo}.").format(
        name=name, status=job["TrainingJobStatus"], reason=reason, todo=advice.of(reason) or advice.again()
    )


class TrainingLog:
    """The job's log in CloudWatch Logs, read a piece at a time."""

    def __init__(self, context: Context, job: str) -> None:
        self._logs = context.api.logs
        self._job = job
        self._stream: str | None = None
        self._token: str | None = None
        self.lines: list[str] = []

    def read_on(self) -> None:
        """Adds what has come since; nothing as long as the job has no log stream."""
        if self._stream is None:
            found = unless_missing(
                self._logs.describe_log_streams, logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{self._job}/"
            )
            if not (found and found["logStreams"]):
                return
            self._stream = found["logStreams"][0]["logStreamName"]
        while True:
            where: dict[str, Any] = {"nextToken": self._token} if self._token else {}
            answer = self._logs.get_log_events(
                logGroupName=TRAINING_LOGS, logStreamName=self._stream, startFromHead=True, **where
            )
            # All of it is optional in GetLogEvents' answer.
            self.lines += [event.get("message", "") for event in answer.get("events", [])]
            token = answer.get("nextForwardToken")
            if token in (None, self._token):
                return
            self._token = token


def read_history(lines: Iterable[str], definitions: Sequence[Mapping[str, str]]) -> list[dict[str, float]]:
    """The numbers that the metric definitions find, one entry for each line that ends an epoch.

    JumpStart's lines do not say which epoch they end; those of the kit's own detector do.
    """
    ends = (found for found in _metrics(lines, definitions) if _FOLLOWED in found)
    numbered = any(definition["Name"] == "epoch" for definition in definitions)
    if numbered:
        return [found for found in ends if "epoch" in found]
    return [{"epoch": float(number), **found} for number, found in enumerate(ends, start=1)]


def device_of(lines: Iterable[str]) -> str | None:
    """The device that the log names ("cpu", "cuda"): the kit's own detector names it, JumpStart's does not."""
    found = (re.search(r"\bdevice (\w+)", line) for line in lines)
    return next((match.group(1) for match in found if match), None)


def hyperparameters_of(lines: Iterable[str]) -> dict[str, str]:
    """The hyperparameters that the log of the kit's own detector names: those, too, that were left to it."""
    found = (re.match(r"hyperparameters (\S+=\S+(?: \S+=\S+)*)$", line) for line in lines)
    words = next((match[1].split() for match in found if match), [])
    return dict(word.split("=", 1) for word in words)


def validation_pictures_of(lines: Iterable[str]) -> int | None:
    """How many pictures the log of the kit's own detector says are held out for validation; None in JumpStart's."""
    found = (re.search(r"\b(\d+) held out for validation\b", line) for line in lines)
    return next((int(match[1]) for match in found if match), None)


def _metrics(lines: Iterable[str], definitions: Sequence[Mapping[str, str]]) -> Iterator[dict[str, float]]:
    patterns = [(definition["Name"], re.compile(definition["Regex"])) for definition in definitions]
    for line in lines:
        matches = ((name, pattern.search(line)) for name, pattern in patterns)
        yield {name: float(match.group(1)) for name, match in matches if match}


def _state(
    job: Mapping[str, Any], history: Sequence[Mapping[str, float]], epochs: int, validation_pictures: int | None
) -> TrainingState:
    began = job.get("TrainingStartTime")
    ends = began and training_state.ends_of(began.timestamp(), time.time(), len(history), epochs)
    return TrainingState(len(history), epochs, history[-1][_FOLLOWED], validation_pictures == 0, ends)
