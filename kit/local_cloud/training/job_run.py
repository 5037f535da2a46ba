"""One training job from its data to its artifact: download, the process, upload."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error, S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError

from kit.errors import KitError
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.model_archive import pack
from kit.local_cloud.process import GuardedProcess, child_environment
from kit.local_cloud.training.channels import download_channel
from kit.local_cloud.training.logs import JobLog
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INTERRUPTED = "InternalServerError: the local cloud ended while this job was in progress; create it anew."
LOST = "InternalServerError: the local cloud ended before it saved this job's artifact; create it anew."

_MESSAGES = {
    "Starting": "Preparing this machine for training",
    "Downloading": "Downloading input data",
    "Training": "Training algorithm started {manner}",
    "Uploading": "Uploading generated training model",
}
_KILLED = (
    "the training was killed from outside, by hand or by the system because memory ran out (a smaller batch_size or "
    "image size takes less)"
)
_REASON_LIMIT = 1024
# With less than this free on its disk nobody can say why he failed.
_FULL_DISK_BYTES = 1_000_000
_POLL_SECONDS = 0.1
# On AWS a stopped job has 120 s to save its model; nobody waits so long at his own machine.
_GRACE_SECONDS = 30.0
_S3_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """How a job ended: status is Completed, Failed or Stopped; `secondary` may also be MaxRuntimeExceeded."""

    status: str
    secondary: str
    failure_reason: str | None = None
    artifact: str | None = None


class TrainingRun:
    """Runs one job in a thread of its own.

    Args:
        s3: where its data and its artifact are.
        request: the CreateTrainingJob request, already validated.
        arn: the job's.
        folder: of this job alone; its log stays there, everything else is removed at the end.
        command: the program that keeps SageMaker's training contract, with its arguments.
        manner: how it runs, for the job's description.
        enter: told each secondary status as it begins, with its message.
        finish: told the outcome, once.
    """

    def __init__(
        self,
        s3: S3Client,
        request: dict[str, Any],
        arn: str,
        folder: Path,
        command: Sequence[str | os.PathLike[str]],
        *,
        manner: str,
        enter: Callable[[str, str], None],
        finish: Callable[[Outcome], None],
    ) -> None:
        self._s3 = s3
        self._request = request
        self._arn = arn
        self._files = ContainerFiles(folder / "ml")
        self._archive = folder / "model.tar.gz"
        self._command = command
        self._manner = manner
        self._enter = enter
        self._finish = finish
        self._log = JobLog(folder / "training.log")
        self._asked_to_end = threading.Event()
        self._interrupted = False
        self._phase = "Starting"
        self._thread = threading.Thread(target=self._run, name=request["TrainingJobName"], daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the job to end; it becomes Stopped and keeps what model there is."""
        self._asked_to_end.set()

    def interrupt(self) -> None:
        """Ends the job at once as Failed; returns when nothing of it runs."""
        self._interrupted = True
        self._asked_to_end.set()
        self._thread.join()

    def _run(self) -> None:
        outcome = Outcome("Failed", "Failed", "InternalServerError: a bug of the local cloud; see its traceback.")
        try:
            outcome = self._outcome()
        finally:
            try:
                self._remove_working_files()
            finally:
                self._finish(outcome)

    def _outcome(self) -> Outcome:
        try:
            return self._work()
        except OSError as error:
            return _failed(_reason_of(error, self._phase))
        except (KitError, ClientError, BotoCoreError, Boto3Error) as error:
            return _failed(f"ClientError: {error}")

    def _work(self) -> Outcome:
        self._begin("Downloading")
        self._files.prepare_training(self._request)
        for channel in self._request.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            folder = self._files.channel(channel["ChannelName"])
            download_channel(self._s3, uri, folder, stopped=self._asked_to_end.is_set)
        if self._asked_to_end.is_set():
            return self._ended()
        self._begin("Training")
        exit_status, in_time = self._train()
        if self._interrupted:
            return self._ended()
        if self._asked_to_end.is_set():
            return self._ended(self._upload())
        if not in_time:
            return Outcome("Stopped", "MaxRuntimeExceeded", artifact=self._upload())
        if exit_status != 0:
            text = self._files.failure()
            if not text and shutil.disk_usage(self._files.base).free < _FULL_DISK_BYTES:
                # Then neither the reason nor the log could be written.
                return _failed(_full_disk(self._phase, f" ({self._files.base})"))
            killed = _KILLED if exit_status == 128 + signal.SIGKILL else ""
            return _failed(f"AlgorithmError: {text or killed or self._log_end()}", f", exit code: {exit_status}")
        artifact = self._upload()
        if artifact is None:
            text = self._files.failure() or "no reason given."
            return _failed(f"AlgorithmError: the training ended well but left no model in its model folder: {text}")
        return Outcome("Completed", "Completed", artifact=artifact)

    def _begin(self, phase: str) -> None:
        self._phase = phase
        self._enter(phase, _MESSAGES[phase].format(manner=self._manner))

    def _ended(self, artifact: str | None = None) -> Outcome:
        return _failed(INTERRUPTED) if self._interrupted else Outcome("Stopped", "Stopped", artifact=artifact)

    def _train(self) -> tuple[int, bool]:
        """Runs the process to its end; its exit status, and whether it ended within the time it had."""
        deadline = time.monotonic() + self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)
        # PyTorch leaves a folder there; in a container it would go with it.
        temporary = self._files.base.resolve() / "tmp"
        temporary.mkdir()
        process = GuardedProcess(
            f"Training job {self._request['TrainingJobName']}",
            self._command,
            environment=child_environment(
                {
                    **self._request.get("Environment", {}),
                    "TRAINING_JOB_NAME": self._request["TrainingJobName"],
                    "TRAINING_JOB_ARN": self._arn,
                    "SAGEMAKER_BASE_DIR": os.fspath(self._files.base.resolve()),
                    "TMPDIR": os.fspath(temporary),
                }
            ),
            log=self._log.path,
            directory=self._files.base,
            grace_seconds=_GRACE_SECONDS,
        )
        in_time = True
        try:
            while process.exit_status() is None and in_time and not self._asked_to_end.wait(_POLL_SECONDS):
                self._log.note()
                in_time = time.monotonic() < deadline
        finally:
            process.stop()
            self._log.finish()
        return process.wait(), in_time

    def _log_end(self) -> str:
        last = deque(self._log.lines(), maxlen=1)
        return f"no reason given; the last line of its log: {last[0]}" if last else "no reason given, no output"

    def _upload(self) -> str | None:
        """The URI of the artifact, or None when the model folder holds no file."""
        if not any(path.is_file() for path in self._files.model.rglob("*")):
            return None
        self._begin("Uploading")
        pack(self._files.model, self._archive)
        folder = self._request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{folder}/{self._request['TrainingJobName']}/output/model.tar.gz"
        self._keep(uri)
        return uri

    def _keep(self, uri: str) -> None:
        """Uploads the artifact; an S3 that does not answer has a minute to be started again."""
        deadline, was_away = time.monotonic() + _S3_SECONDS, False
        while True:
            try:
                return self._s3.upload_file(str(self._archive), *bucket_and_key(uri))
            except (EndpointConnectionError, HTTPClientError):
                was_away = True
                if time.monotonic() > deadline or self._asked_to_end.wait(1):
                    raise
            except S3UploadFailedError:
                # Its bucket is put back just now.
                if not was_away or time.monotonic() > deadline or self._asked_to_end.wait(1):
                    raise

    def _remove_working_files(self) -> None:
        if self._files.base.exists():
            shutil.rmtree(self._files.base)
        self._archive.unlink(missing_ok=True)


def _failed(reason: str, ending: str = "") -> Outcome:
    return Outcome("Failed", "Failed", reason[: _REASON_LIMIT - len(ending)] + ending)


def _full_disk(phase: str, where: str) -> str:
    return (
        f"ClientError: No space left on this machine's disk while {phase.lower()}{where}; free some and create the job "
        "anew."
    )


def _reason_of(error: OSError, phase: str) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full_disk(phase, where)
    return f"InternalServerError: {phase} failed{where}: {error.strerror or error}"
