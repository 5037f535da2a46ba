"""Training jobs of every runtime, with small programs that keep (or break) SageMaker's training contract."""

from __future__ import annotations

import io
import json
import math
import re
import tarfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.answers import assert_answers_as_boto3
from tests.contract.runtimes import PLACE, Runtime
from tests.contract.training import GOOD, ended, log_messages, put_data, request_for, working_files
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FAILING = f"""{PLACE}
(base / "output/failure").write_text("class 7 is not among the 3 labels " + "x" * 5000)
(base / "model/half").write_text("x")
raise SystemExit(2)
"""
SILENT = f"""{PLACE}
(base / "output/failure").write_text("the pictures are all black")
"""


def test_a_job_goes_from_its_data_to_its_artifact(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(GOOD)
    created = jobs.create_training_job(**request_for(bucket, Environment={"MODE": "fast"}))
    assert_answers_as_boto3("CreateTrainingJob", created)
    first = jobs.describe_training_job(TrainingJobName="plugs-1")
    assert first["TrainingJobArn"] == created["TrainingJobArn"]
    job = ended(jobs)
    assert_answers_as_boto3("DescribeTrainingJob", job)
    assert (job["TrainingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    steps = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == steps
    times = [time for step in job["SecondaryStatusTransitions"] for time in (step["StartTime"], step["EndTime"])]
    assert times == sorted(times)
    assert job["TrainingStartTime"].utcoffset() == timedelta(0)
    took = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert job["TrainingTimeInSeconds"] == math.ceil(took)  # whole seconds, begun ones counted
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("Val_CrossEntropy", 1.25)]

    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{bucket}/model/plugs-1/output/model.tar.gz"
    archive = s3.get_object(Bucket=bucket, Key=uri.split("/", 3)[3])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["deep/model.json"]
        member = tar.extractfile("deep/model.json")
        assert member is not None
        given = json.load(member)
    assert given["files"] == {
        "training/annotations.json": "training/annotations.json",
        "training/images/写真 1.jpg": "training/images/写真 1.jpg",
    }
    assert given["config"]["hyperparameters"] == {"epochs": "2"}
    assert given["config"]["inputdataconfig"]["training"]["TrainingInputMode"] == "File"
    assert given["config"]["inputdataconfig"]["training"]["ContentType"] == "application/x-image"
    assert given["config"]["resourceconfig"]["current_host"] in given["config"]["resourceconfig"]["hosts"]
    assert (given["job"], given["mode"]) == ("plugs-1", "fast")
    assert log_messages(jobs)[-1] == "no end of line"
    assert working_files(runtime) == set()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (FAILING, r"AlgorithmError: class 7 is not among the 3 labels x+, exit code: 2"),
        ("print('start'); raise MemoryError('4 GB')", r"AlgorithmError: .* its log: MemoryError: 4 GB, exit code: 1"),
        ("import os; os.kill(os.getpid(), 9)", r"AlgorithmError: the training was killed from outside.*exit code: 137"),
        ("print('done')", r"AlgorithmError: .*ended well but left no model.*: no reason given\."),
        (SILENT, r"AlgorithmError: .*ended well but left no model.*: the pictures are all black"),
    ],
)  # fmt: skip
def test_a_failing_program_is_told_with_its_reason(
    s3: S3Client, bucket: str, runtime: Runtime, program: str, reason: str
) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(program)
    jobs.create_training_job(**request_for(bucket))
    job = ended(jobs)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert re.fullmatch(reason, job["FailureReason"], re.DOTALL), job["FailureReason"]
    assert len(job["FailureReason"]) <= 1024
    assert "ModelArtifacts" not in job
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="model/")
    assert_answers_as_boto3("DescribeTrainingJob", {**job, "ModelArtifacts": {"S3ModelArtifacts": ""}})
    assert working_files(runtime) == set()


@pytest.mark.parametrize(
    ("data", "output", "reason"),
    [
        ("s3://{bucket}/nothing-here/", "s3://{bucket}/model", r"ClientError: No S3 objects found under S3 URL"),
        ("s3://no-such-bucket-here/training/", "s3://{bucket}/model", r"ClientError: No S3 objects found under S3 URL"),
        ("s3://{bucket}/training/", "s3://no-such-bucket-here/model", r"ClientError: .*NoSuchBucket"),
        ("s3://{bucket}/bad", "s3://{bucket}/model", r"ClientError: .*\.\./escaped cannot be a file name"),
    ],
)
def test_data_that_is_not_there_is_told(
    s3: S3Client, bucket: str, runtime: Runtime, data: str, output: str, reason: str
) -> None:
    put_data(s3, bucket)
    s3.put_object(Bucket=bucket, Key="bad/../../../escaped", Body=b"x")
    request = request_for(bucket, OutputDataConfig={"S3OutputPath": output.format(bucket=bucket)})
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = data.format(bucket=bucket)
    jobs = runtime.training(GOOD)
    jobs.create_training_job(**request)
    job = ended(jobs)
    assert job["TrainingJobStatus"] == "Failed"
    assert re.match(reason, job["FailureReason"]), job["FailureReason"]
    assert not list(runtime.run.rglob("escaped"))


def test_names_and_requests_are_judged_as_aws_does(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(GOOD)
    jobs.create_training_job(**request_for(bucket))
    with pytest.raises(ClientError) as taken:
        jobs.create_training_job(**request_for(bucket))
    assert taken.value.response["Error"]["Code"] == "ResourceInUse"
    for name in ("no-such-job", "plugs-2"):
        with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found"):
            jobs.describe_training_job(TrainingJobName=name)
    with pytest.raises(ClientError, match=r"ValidationException.*regular expression"):
        jobs.describe_training_job(TrainingJobName="../plugs-1")
    piped = {"TrainingImage": "x", "TrainingInputMode": "Pipe"}
    with pytest.raises(ClientError, match=r"ValidationException.*channel training is not in File mode"):
        jobs.create_training_job(**request_for(bucket, "plugs-3", AlgorithmSpecification=piped))
    without_machine = request_for(bucket, "plugs-4")
    del without_machine["ResourceConfig"]
    with pytest.raises(ClientError, match=r"ValidationException.*no ResourceConfig"):
        jobs.create_training_job(**without_machine)
    assert ended(jobs)["TrainingJobStatus"] == "Completed"


def test_a_log_is_followed_without_loss_or_repetition(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_data(s3, bucket)
    jobs = runtime.training(f"""{PLACE}
for number in range(25_000):
    print(number, "ロス" * 30, flush=number % 1000 == 0)
(base / "model/m").write_text("m")
""")
    group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        jobs.logs.get_log_events(**group, logStreamName="plugs-1/algo-1-1", startFromHead=True)
    jobs.create_training_job(**request_for(bucket))
    find = {**group, "logStreamNamePrefix": "plugs-1/"}
    (stream,) = eventually(lambda: jobs.logs.describe_log_streams(**find)["logStreams"])
    read = {**group, "logStreamName": stream["logStreamName"]}
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    over = False
    while True:
        over = over or jobs.describe_training_job(TrainingJobName="plugs-1")["TrainingJobStatus"] == "Completed"
        answer = jobs.logs.get_log_events(**read, startFromHead=True, **token)
        assert_answers_as_boto3("GetLogEvents", answer, service="logs")
        events += answer["events"]
        if answer["nextForwardToken"] == token.get("nextToken") and over:
            break
        token = {"nextToken": answer["nextForwardToken"]}
    assert [event["message"] for event in events] == [f"{number} {'ロス' * 30}" for number in range(25_000)]
    job = jobs.describe_training_job(TrainingJobName="plugs-1")
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert job["TrainingStartTime"].timestamp() * 1000 <= times[0] + 1
    assert times[-1] <= job["TrainingEndTime"].timestamp() * 1000 + 1

    tail = jobs.logs.get_log_events(**read, limit=2)
    assert [event["message"].split()[0] for event in tail["events"]] == ["24998", "24999"]
    before = jobs.logs.get_log_events(**read, limit=2, nextToken=tail["nextBackwardToken"])
    assert [event["message"].split()[0] for event in before["events"]] == ["24996", "24997"]
    assert_answers_as_boto3("DescribeLogStreams", jobs.logs.describe_log_streams(**find), service="logs")
