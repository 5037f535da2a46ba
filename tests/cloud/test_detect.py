"""`kit detect --endpoint` on AWS: a live endpoint, one that is not there, one that is not the caller's."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.aws.session import open_account
from kit.run.picture_set import SAMPLES
from kit.tracks.rehearsal import environment_for
from tests.cloud.conftest import Double
from tests.end_to_end import command

NAME, BUCKET = "somebodys-plugs", "somebodys-models"
CLASSES = ["usb-a", "usb-c", "lightning"]
PICTURE = str(SAMPLES / "held_out" / "plugs-036.jpg")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def with_class_names(model: Path, target: Path) -> Path:
    """The model with names for its classes, which one that a JumpStart training has made calls by their numbers."""
    with tarfile.open(model) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            written = content.read()
            if member.name == "model.json":
                written = json.dumps({**json.loads(written), "labels": CLASSES}).encode()
                member.size = len(written)
            new.addfile(member, io.BytesIO(written))
    return target


@pytest.fixture
def endpoint(double: Double, rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """An endpoint in service that no run of the kit made."""
    for name, value in environment_for(double.url).items():
        monkeypatch.setenv(name, value)
    # The kit's own clients, which wait for a role that is new.
    aws = open_account(None)
    s3, iam, sagemaker = (aws.client(service) for service in ("s3", "iam", "sagemaker"))
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    s3.create_bucket(Bucket=BUCKET)
    named = with_class_names(command.latest(rehearsal) / "results" / "model.tar.gz", tmp_path / "model.tar.gz")
    s3.upload_file(str(named), BUCKET, "model.tar.gz")
    container = {"Image": "inference:1", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    sagemaker.create_model(ModelName=NAME, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "all", "ModelName": NAME, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 240})
    yield double
    sagemaker.delete_endpoint(EndpointName=NAME)
    sagemaker.delete_endpoint_config(EndpointConfigName=NAME)
    sagemaker.delete_model(ModelName=NAME)
    s3.delete_object(Bucket=BUCKET, Key="model.tar.gz")
    s3.delete_bucket(Bucket=BUCKET)
    iam.delete_role(RoleName=NAME)


@pytest.mark.usefixtures("endpoint")
def test_a_live_endpoint_is_asked_and_tells_its_classes_itself(tmp_path: Path) -> None:
    asked = ("detect", PICTURE, "--endpoint", NAME, "--region", "us-east-1", "--json", "--threshold", "0.05")
    done = command.kit(*asked, "--out", "found.json", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    picture, summary = map(json.loads, done.stdout.splitlines())
    assert picture["detections"]
    assert list(summary["detections"]) == CLASSES
    kept = json.loads((tmp_path / "found.json").read_text())
    assert [each["name"] for each in kept["categories"]] == CLASSES
    assert len(kept["annotations"]) == len(picture["detections"])


@pytest.mark.usefixtures("endpoint")
def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = command.kit("detect", PICTURE, "--endpoint", "nobodys", "--region", "us-east-1", folder=tmp_path)
    assert done.returncode == 4
    assert "endpoint nobodys: there is none in service of that name" in done.stderr


def test_one_that_is_not_the_callers_is_told(endpoint: Double, tmp_path: Path) -> None:
    endpoint.fails(operation="InvokeEndpoint", code="AccessDeniedException", times=1)
    done = command.kit("detect", PICTURE, "--endpoint", NAME, "--region", "us-east-1", folder=tmp_path)
    assert done.returncode == 4
    assert f"endpoint {NAME}: these credentials may not ask it" in done.stderr


def test_without_credentials_it_says_how_to_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = command.kit("detect", PICTURE, "--endpoint", NAME, "--region", "us-east-1", folder=tmp_path)
    assert done.returncode == 3
    assert "No AWS credentials were found" in done.stderr
