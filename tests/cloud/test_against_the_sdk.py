"""What the kit sends for a JumpStart model is what the SDK's own estimator sends, but for what it leaves out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from kit.tracks.rehearsal import environment_for
from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings

BUCKET = "sdk-estimator-bucket"

# Of Debugger, which takes no new customers.
_CLOSED = {"DebugHookConfig", "ProfilerConfig"}
# The SDK calls home unless its configuration says not to.
CONFIGURATION = """
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


@dataclass(frozen=True)
class Sent:
    """What the kit and the SDK asked for, by operation, and the endpoint's answer as the SDK reads it."""

    kit: dict[str, dict[str, Any]]
    sdk: dict[str, dict[str, Any]]
    answer: dict[str, Any]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, started_double: Double, pictures: Path) -> Sent:
    tmp_path, double = tmp_path_factory.mktemp("sdk"), started_double
    assert double.left() == []
    before = len(double.calls())
    ended = run(tmp_path, double.url, "cloud", **settings(pictures))
    assert ended.status == 0, ended.said
    middle = len(double.calls())
    answer = _by_the_sdk(double, tmp_path, sorted(pictures.iterdir())[0])
    calls = double.calls()
    assert double.left() == []
    return Sent(_requests(calls[before:middle]), _requests(calls[middle:]), answer)


def _requests(calls: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        call["operation"]: call["request"]
        for call in calls
        if call["operation"].startswith("Create") and "request" in call
    }


def _by_the_sdk(double: Double, folder: Path, picture: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= environment_for(double.url) | {
        "DISABLE_JUMPSTART_TELEMETRY": "1",
        "SAGEMAKER_TELEMETRY_OPT_OUT": "1",
    }
    clients: dict[str, Any] = {
        service: boto3.client(
            service,
            endpoint_url=double.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        for service in ("s3", "iam")
    }
    role = clients["iam"].create_role(RoleName="sdk", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    clients["s3"].create_bucket(Bucket=BUCKET)
    clients["s3"].put_object(Bucket=BUCKET, Key="training/annotations.json", Body=b'{"images": [], "annotations": []}')
    try:
        done = subprocess.run(
            [
                sys.executable,
                Path(__file__).with_name("sdk_estimator.py"),
                role["Role"]["Arn"],
                f"s3://{BUCKET}/training/",
                f"s3://{BUCKET}/output",
                picture,
            ],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer
    finally:
        for entry in clients["s3"].list_objects_v2(Bucket=BUCKET)["Contents"]:
            clients["s3"].delete_object(Bucket=BUCKET, Key=entry["Key"])
        clients["s3"].delete_bucket(Bucket=BUCKET)
        clients["iam"].delete_role(RoleName="sdk")
        logs = boto3.client(
            "logs", endpoint_url=double.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        group = "/aws/sagemaker/TrainingJobs"
        for stream in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="sdk-estimator-1/")[
            "logStreams"
        ]:
            logs.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])


def test_the_training_job_is_the_sdks_own(sent: Sent) -> None:
    kit, sdk = sent.kit["CreateTrainingJob"], sent.sdk["CreateTrainingJob"]
    for member in ("TrainingImage", "TrainingInputMode"):
        assert kit["AlgorithmSpecification"][member] == sdk["AlgorithmSpecification"][member]
    ours, theirs = (each["AlgorithmSpecification"]["MetricDefinitions"] for each in (kit, sdk))
    assert theirs
    assert [metric for metric in theirs if metric not in ours] == []
    assert kit["ResourceConfig"] == sdk["ResourceConfig"]
    # The SDK writes every value as JSON, which the container decodes where it can.
    written = {name: str(json.loads(value)) for name, value in sdk["HyperParameters"].items()}
    del written["sagemaker_job_name"]  # the container knows it from its environment as well
    assert kit["HyperParameters"] == written
    channels = [{c["ChannelName"]: c["DataSource"]["S3DataSource"] for c in r["InputDataConfig"]} for r in (kit, sdk)]
    assert channels[0].keys() == channels[1].keys() == {"training", "model", "code"}
    for channel in ("model", "code"):
        assert channels[0][channel] == channels[1][channel]
    # What is left of both requests: its own name, role and addresses, the kit's limit of time, the SDK's tags.
    compared = {"AlgorithmSpecification", "ResourceConfig", "HyperParameters", "InputDataConfig"}
    own = {"TrainingJobName", "RoleArn", "OutputDataConfig", "StoppingCondition", "Tags"}
    rest = [
        {name: value for name, value in request.items() if name not in compared | own | _CLOSED}
        for request in (kit, sdk)
    ]
    assert rest[0] == rest[1]
    assert kit["EnableNetworkIsolation"] is kit["EnableInterContainerTrafficEncryption"] is True
    assert sdk.keys() >= _CLOSED
    assert kit.keys().isdisjoint(_CLOSED)


def test_model_and_endpoint_are_the_sdks_own(sent: Sent) -> None:
    kit, sdk = sent.kit["CreateModel"]["PrimaryContainer"], sent.sdk["CreateModel"]["PrimaryContainer"]
    assert kit["Image"] == sdk["Image"]
    # The SDK leaves to its containers what the spec says besides; who calls boto3 is to send it.
    assert sdk["Environment"].items() <= kit["Environment"].items()
    assert kit["Environment"].keys() - sdk["Environment"].keys() == {
        "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY", "SAGEMAKER_CONTAINER_LOG_LEVEL",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT",
    }  # fmt: skip
    assert kit["ModelDataUrl"].endswith("/output/model.tar.gz")
    assert sdk["ModelDataUrl"].endswith("/output/model.tar.gz")
    assert sent.kit["CreateModel"]["EnableNetworkIsolation"] is True
    assert sent.sdk["CreateModel"]["EnableNetworkIsolation"] is True
    variants = [each["CreateEndpointConfig"]["ProductionVariants"][0] for each in (sent.kit, sent.sdk)]
    for member in ("VariantName", "InitialInstanceCount", "InstanceType"):
        assert variants[0][member] == variants[1][member]


def test_the_sdks_predictor_reads_the_endpoints_answer(sent: Sent) -> None:
    boxes, classes, scores = (sent.answer[member] for member in ("normalized_boxes", "classes", "scores"))
    assert len(boxes) == len(classes) == len(scores) > 0
    assert all(0 <= left <= right <= 1 and 0 <= top <= bottom <= 1 for left, top, right, bottom in boxes)
    assert scores == sorted(scores, reverse=True)
    assert "labels" in sent.answer, "its default is verbose"
