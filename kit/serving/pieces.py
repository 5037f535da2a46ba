"""Pieces of code to copy that ask the endpoint about picture.jpg: the same here and on AWS, but for the address."""

from __future__ import annotations

from dataclasses import dataclass

from kit.detection.request import CONTENT_TYPE, accept
from kit.local_cloud.account import REGION

_ACCEPT = accept(10)


@dataclass(frozen=True)
class Piece:
    """`title`: the same in every language."""

    title: str
    text: str


def pieces_here(url: str, endpoint: str) -> tuple[Piece, ...]:
    """For an endpoint of this machine, whose credentials nobody looks at."""
    client = (
        f'"sagemaker-runtime", endpoint_url="{url}", region_name="{REGION}",\n'
        '    aws_access_key_id="any", aws_secret_access_key="any",\n'
    )
    curl = Piece(
        "curl",
        f"curl --fail-with-body --header 'Content-Type: {CONTENT_TYPE}' --header 'Accept: {_ACCEPT}' \\\n"
        f"  --data-binary @picture.jpg {url}/endpoints/{endpoint}/invocations",
    )
    return (
        _boto3(client, endpoint),
        _command_line(f"--endpoint-url {url} --region {REGION} --no-sign-request", endpoint),
        curl,
        _predictor(client, REGION, endpoint),
    )


def pieces_on_aws(region: str, endpoint: str) -> tuple[Piece, ...]:
    """For an endpoint on AWS, asked with the credentials of whoever asks."""
    client = f'"sagemaker-runtime", region_name="{region}"'
    return (
        _boto3(client, endpoint),
        _command_line(f"--region {region}", endpoint),
        _predictor(client, region, endpoint),
    )


def _called(client: str) -> str:
    return f"boto3.client(\n    {client})" if "\n" in client else f"boto3.client({client})"


def _boto3(client: str, endpoint: str) -> Piece:
    text = f"""\
import boto3

runtime = {_called(client)}
with open("picture.jpg", "rb") as picture:
    answer = runtime.invoke_endpoint(
        EndpointName="{endpoint}", Body=picture.read(),
        ContentType="{CONTENT_TYPE}", Accept="{_ACCEPT}",
    )
print(answer["Body"].read().decode())"""
    return Piece("boto3", text)


def _command_line(options: str, endpoint: str) -> Piece:
    text = (
        f"aws sagemaker-runtime invoke-endpoint {options} \\\n"
        f"  --endpoint-name {endpoint} --content-type {CONTENT_TYPE} \\\n"
        f"  --accept '{_ACCEPT}' --body fileb://picture.jpg answer.json && cat answer.json"
    )
    return Piece("AWS CLI", text)


def _predictor(client: str, region: str, endpoint: str) -> Piece:
    text = f"""\
import boto3
import sagemaker
from sagemaker.predictor import Predictor

runtime = {_called(client)}
session = sagemaker.Session(boto3.Session(region_name="{region}"), sagemaker_runtime_client=runtime)
predictor = Predictor("{endpoint}", session)
with open("picture.jpg", "rb") as picture:
    answer = predictor.predict(
        picture.read(), {{"ContentType": "{CONTENT_TYPE}", "Accept": "{_ACCEPT}"}},
    )
print(answer.decode())"""
    return Piece("SageMaker SDK", text)
