"""Training jobs of every runtime, with small programs that keep (or break) SageMaker's training contract."""

from __future__ import annotations

import io
import json
import math
import re
import subprocess
import sys
import tarfile
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.localstack import LocalStack
from kit.local_cloud.training_jobs import TrainingJobs
from tests.answers import assert_answers_as_boto3
from tests.contract.runtimes import PLACE, Runtime
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]

# Writes into the model what it was given, as SageMaker's Developer Guide says it is given.
GOOD = f"""{PLACE}
import json
import math
config = {{p.stem: json.loads(p.read_text()) for p in (base / "input/config").iterdir()}}
data = base / "input/data"
files = {{str(p.relative_to(data)): p.read_text() for p in data.rglob("*") if p.is_file()}}
for epoch in (1, 2):
    print("epoch %d/2 Val_CrossEntropy=%s seconds=nothing" % (epoch, 2.5 / epoch), flush=True)
given = {{"config": config, "files": files, "job": os.environ["TRAINING_JOB_NAME"], "mode": os.environ.get("MODE")}}
(base / "model/deep").mkdir()
(base / "model/deep/model.json").write_text(json.dumps(given))
print("no end of line", end="")
"""
LASTING = f"""{PLACE}
import signal, sys
(base / "model/checkpoint").write_text("half way")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("training", flush=True)
signal.pause()
"""
FAILING = f"""{PLACE}
(base / "output/failure").write_text("class 7 is not among the 3 labels " + "x" * 5000)
(base / "model/half").write_text("x")
raise SystemExit(2)
"""
SILENT = f"""{PLACE}
(base / "output/failure").write_text("the pictures are all black")
"""


def request_for(bucket: str, name: str = "plugs-1", **changes: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": "arn:aws:iam::000000000000:role/workshop",
        "AlgorithmSpecification": {
            "TrainingImage": f"jumpstart-rehearsal/{bucket}:test",
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": "Val_CrossEntropy", "Regex": r"Val_CrossEntropy=([0-9.]+)"},
                {"Name": "never", "Regex": r"never=([0-9.]+)"},
                {"Name": "seconds", "Regex": r"seconds=(\w+)"},
            ],
        },
        "HyperParameters": {"epochs": "2"},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "ContentType": "application/x-image",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/training/"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/model/"},
        "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **changes,
    }


def put_data(s3: S3Client, bucket: str) -> None:
    for key in ("training/annotations.json", "training/images/写真 1.jpg", "training2/other"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    # What the console makes for a folder.
    s3.put_object(Bucket=bucket, Key="training/images/", Body=b"")


def ended(jobs: TrainingJobs, name: str = "plugs-1") -> dict[str, Any]:
    def description() -> dict[str, Any] | None:
        job = jobs.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(description)


def wait_for_training(runtime: Runtime) -> None:
    log = runtime.run / "training-jobs" / "plugs-1" / "training.log"
    eventually(lambda: log.exists() and "training" in log.read_text())


def log_messages(jobs: TrainingJobs, name: str = "plugs-1") -> list[str]:
    group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    (stream,) = jobs.logs.describe_log_streams(**group, logStreamNamePrefix=f"{name}/")["logStreams"]
    answer = jobs.logs.get_log_events(**group, logStreamName=stream["logStreamName"], startFromHead=True)
    return [event["message"] for event in answer["events"]]


def working_files(runtime: Runtime) -> set[str]:
    return {path.name for path in (runtime.run / "training-jobs").rglob("*")} - {
        "plugs-1",
        "plugs-1.json",
        "training.log",
        "training.log.times",
    }


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
        ("import os; os.kill(os.getpid(), 9)", r"AlgorithmError: no reason given, no output, exit code: 137"),
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
        from kit.local_cloud.localstack import s3_client
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
