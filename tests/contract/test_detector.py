"""The real detector as a training job and as an endpoint: both sides of SageMaker's container contract at once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.hosting.invoke import EndpointInvoker
from tests.contract.runtimes import DETECTOR, Runtime
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROLE = "arn:aws:iam::000000000000:role/workshop"
WIDTH, HEIGHT = 160, 120


def picture(number: int) -> tuple[bytes, tuple[int, int, int, int]]:
    """A JPEG with one filled square, red or blue by turns, and the square's box."""
    random = np.random.default_rng(number)
    pixels = random.integers(180, 256, (HEIGHT, WIDTH, 3), np.uint8)
    left, top = int(random.integers(5, WIDTH - 60)), int(random.integers(5, HEIGHT - 60))
    colour = (0, 0, 255) if number % 2 else (255, 0, 0)
    cv2.rectangle(pixels, (left, top), (left + 50, top + 50), colour, cv2.FILLED)
    return cv2.imencode(".jpg", pixels)[1].tobytes(), (left, top, left + 50, top + 50)


def put_training_data(s3: S3Client, bucket: str, *, category_shift: int = 0) -> None:
    document: dict[str, list[dict[str, Any]]] = {"images": [], "annotations": []}
    for number in range(8):
        jpeg, box = picture(number)
        name = f"{number:03}.jpg"
        s3.put_object(Bucket=bucket, Key=f"training/images/{name}", Body=jpeg)
        document["images"].append({"file_name": name, "height": HEIGHT, "width": WIDTH, "id": number})
        annotation = {"image_id": number, "bbox": list(box), "category_id": number % 2 + category_shift}
        document["annotations"].append(annotation)
    s3.put_object(Bucket=bucket, Key="training/annotations.json", Body=json.dumps(document).encode())


def train(runtime: Runtime, bucket: str) -> dict[str, Any]:
    jobs = runtime.training(DETECTOR)
    jobs.create_training_job(
        TrainingJobName="squares",
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": runtime.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": "epoch", "Regex": r"^epoch (\d+)/"},
                {"Name": "Val_CrossEntropy", "Regex": r"Val_CrossEntropy=([0-9.]+)"},
            ],
        },
        HyperParameters={"epochs": "2", "image-size": "96", "labels": '["red", "blue"]'},
        InputDataConfig=[
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/training/"}},
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/model"},
        ResourceConfig={"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 240},
    )

    def ended() -> dict[str, Any] | None:
        job = jobs.describe_training_job(TrainingJobName="squares")
        return job if job["TrainingJobStatus"] != "InProgress" else None

    return eventually(ended, timeout=280)


def test_the_detector_trains_and_serves(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_training_data(s3, bucket)
    job = train(runtime, bucket)
    assert (job["TrainingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["epoch"] == 2
    assert metrics["Val_CrossEntropy"] > 0

    hosting = runtime.hosting(DETECTOR)
    hosting.create_model(
        ModelName="squares",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": runtime.image, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "squares",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    hosting.create_endpoint_config(EndpointConfigName="squares", ProductionVariants=[variant])
    hosting.create_endpoint(EndpointName="squares", EndpointConfigName="squares")

    def settled() -> dict[str, Any] | None:
        endpoint = hosting.describe_endpoint(EndpointName="squares")
        return endpoint if endpoint["EndpointStatus"] != "Creating" else None

    endpoint = eventually(settled)
    assert (endpoint["EndpointStatus"], endpoint.get("FailureReason")) == ("InService", None)

    endpoints = EndpointInvoker(hosting)
    answer = endpoints.invoke_endpoint(
        EndpointName="squares",
        Body=picture(99)[0],
        ContentType="application/x-image",
        Accept="application/json;verbose;n_predictions=5",
    )
    assert answer["ContentType"] == "application/json"
    found = json.loads(answer["Body"].read())
    # Two epochs teach it next to nothing: what it finds is for its own tests and for whole runs to say.
    assert found.keys() == {"normalized_boxes", "classes", "scores", "labels"}
    assert found["labels"] == ["red", "blue"]
    assert len(found["scores"]) == len(found["classes"]) == len(found["normalized_boxes"]) <= 5
    with pytest.raises(ClientError, match=r"ModelError.*client error \(400\)"):
        endpoints.invoke_endpoint(EndpointName="squares", Body=b"no picture", ContentType="application/x-image")
    with pytest.raises(ClientError, match=r"ModelError.*client error \(415\)"):
        endpoints.invoke_endpoint(EndpointName="squares", Body=b"{}", ContentType="application/json")
    hosting.delete_endpoint(EndpointName="squares")


def test_the_detectors_reason_reaches_the_jobs_description(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    put_training_data(s3, bucket, category_shift=1)
    job = train(runtime, bucket)
    assert job["TrainingJobStatus"] == "Failed"
    assert re.fullmatch(r"AlgorithmError: .*category_id 2.*, exit code: 1", job["FailureReason"])
