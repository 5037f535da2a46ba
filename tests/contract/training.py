"""A training job for the tests: its data and its request, programs that keep SageMaker's contract, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.local_cloud.training.jobs import TrainingJobs
from tests.contract.runtimes import PLACE, Runtime
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
