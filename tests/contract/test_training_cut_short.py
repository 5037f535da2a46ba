"""Training jobs of every runtime that do not come to their own end: stopped, out of time, closed, killed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil
import pytest
from botocore.exceptions import ClientError

from kit.errors import ServiceError
from kit.local_cloud.s3.localstack import LocalStack
from kit.run.context import TRAINING_ANNOTATIONS
from kit.stages import training
from tests.contract.runtimes import ProcessRuntime, Runtime
from tests.contract.training import (
    GOOD,
    LASTING,
    ended,
    log_messages,
    put_data,
    request_for,
    wait_for_training,
    working_files,
)
from tests.unit.stages.contexts import context_in
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]


def test_a_stopped_job_keeps_the_model_it_has(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(LASTING)
    jobs.create_training_job(**request_for(bucket))
    wait_for_training(runtime)
    assert jobs.describe_training_job(TrainingJobName="plugs-1")["SecondaryStatus"] == "Training"
    assert jobs.stop_training_job(TrainingJobName="plugs-1") == {}
    job = ended(jobs)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert "Stopping" in [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert job["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{bucket}/model/plugs-1/")
    assert not runtime.is_anything_running()
    with pytest.raises(ClientError, match=r"ValidationException.*in status Stopped"):
        jobs.stop_training_job(TrainingJobName="plugs-1")


def test_a_job_ends_when_its_time_is_up(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(LASTING)
    jobs.create_training_job(**request_for(bucket, StoppingCondition={"MaxRuntimeInSeconds": runtime.start_seconds}))
    wait_for_training(runtime)
    job = ended(jobs)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert not runtime.is_anything_running()


def test_the_stage_says_that_the_time_was_up(s3: S3Client, bucket: str, runtime: Runtime, tmp_path: Path) -> None:
    context = context_in(tmp_path, train_minutes=runtime.start_seconds / 60)
    s3.create_bucket(Bucket=context.bucket)
    s3.put_object(Bucket=context.bucket, Key=TRAINING_ANNOTATIONS, Body=b"{}")
    jobs = runtime.training(LASTING)
    image = request_for(bucket)["AlgorithmSpecification"]["TrainingImage"]
    algorithm = dataclasses.replace(context.api.algorithm, training_image=image)
    api = dataclasses.replace(
        context.api, s3=s3, sagemaker=cast(Any, jobs), logs=jobs.logs, algorithm=algorithm, poll_seconds=0.1
    )
    with pytest.raises(ServiceError, match=r"was stopped after .* min, its limit; .* more TRAIN_MINUTES"):
        training.run(dataclasses.replace(context, api=api))


@pytest.mark.parametrize("victim", ["the training", "its guard"])
def test_a_job_that_is_killed_says_so_and_ends_with_all_of_it(
    s3: S3Client, bucket: str, tmp_path: Path, victim: str
) -> None:
    put_data(s3, bucket)
    with ProcessRuntime(tmp_path, s3, "") as runtime:
        jobs = runtime.training(LASTING)
        jobs.create_training_job(**request_for(bucket))
        wait_for_training(runtime)
        (guard,) = [each for each in psutil.Process().children() if "training.log.process" in " ".join(each.cmdline())]
        (training_process,) = guard.children()
        (guard if victim == "its guard" else training_process).kill()
        job = ended(jobs)
        assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
        assert job["FailureReason"].startswith("AlgorithmError: the training was killed from outside, by hand or by ")
        assert job["FailureReason"].endswith("exit code: 137")
        assert not runtime.is_anything_running()
        assert log_messages(jobs) == ["training"]
        assert working_files(runtime) == set()


def test_closing_fails_what_runs(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(LASTING)
    jobs.create_training_job(**request_for(bucket))
    wait_for_training(runtime)
    jobs.close()
    assert not runtime.is_anything_running()
    reopened = runtime.training(GOOD)
    job = reopened.describe_training_job(TrainingJobName="plugs-1")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ended while this job was in progress" in job["FailureReason"]
    assert working_files(runtime) == set()


def test_a_kill_of_the_kit_ends_the_job_and_is_told(
    localstack: LocalStack, s3: S3Client, bucket: str, runtime: Runtime
) -> None:
    put_data(s3, bucket)
    driver = textwrap.dedent("""
        import json, signal, sys
        from pathlib import Path
        from kit.local_cloud.s3.localstack import s3_client
        from tests.contract.runtimes import RUNTIMES
        runtime = RUNTIMES[sys.argv[1]](Path(sys.argv[2]), s3_client(sys.argv[3]), sys.argv[4])
        runtime.training(sys.argv[5]).create_training_job(**json.loads(sys.argv[6]))
        signal.pause()
    """)
    arguments = [runtime.name, runtime.run, localstack.url, runtime.image, LASTING, json.dumps(request_for(bucket))]
    with subprocess.Popen([sys.executable, "-c", driver, *arguments], cwd=ROOT) as kit:
        wait_for_training(runtime)
        kit.kill()
    eventually(lambda: not runtime.is_anything_running())
    jobs = runtime.training(GOOD)
    job = jobs.describe_training_job(TrainingJobName="plugs-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert "ended while this job was in progress" in job["FailureReason"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert log_messages(jobs) == ["training"]
    assert working_files(runtime) == set()


def test_a_job_whose_artifact_was_not_saved_in_time_has_failed(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(GOOD)
    for name in ("kept", "lost"):
        jobs.create_training_job(**request_for(bucket, name))
        assert ended(jobs, name)["TrainingJobStatus"] == "Completed"
    kept = jobs.describe_training_job(TrainingJobName="kept")
    # What LocalStack held since the last save of the mirror is gone with it.
    s3.delete_object(Bucket=bucket, Key="model/lost/output/model.tar.gz")
    reopened = runtime.training(GOOD)
    assert reopened.describe_training_job(TrainingJobName="kept") == kept
    lost = reopened.describe_training_job(TrainingJobName="lost")
    assert (lost["TrainingJobStatus"], "ModelArtifacts" in lost) == ("Failed", False)
    assert "before it saved this job's artifact" in lost["FailureReason"]
