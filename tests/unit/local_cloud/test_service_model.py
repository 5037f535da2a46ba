"""Requests against the limits that AWS publishes in its own API reference."""

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.service_model import in_use, not_found, validate_request

TRAINING: dict[str, Any] = {
    "TrainingJobName": "usb-plugs-1",
    "AlgorithmSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/detector:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
    },
    "RoleArn": "arn:aws:iam::000000000000:role/workshop",
    "InputDataConfig": [
        {
            "ChannelName": "training",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/training/"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/model/"},
    "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "HyperParameters": {"epochs": "30"},
}


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    request: Any = copy.deepcopy(TRAINING)
    target = request
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return request


def refusal(request: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        validate_request("sagemaker", "CreateTrainingJob", request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.operation_name == "CreateTrainingJob"
    return caught.value.response["Error"]["Message"]


def test_a_good_request_passes() -> None:
    validate_request("sagemaker", "CreateTrainingJob", TRAINING)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("TrainingJobName",),
            "usb_plugs",
            "at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular",
        ),
        (
            ("TrainingJobName",),
            "usb-plugs\n",
            "regular expression pattern",
        ),  # `$` would let a newline through
        (("TrainingJobName",), "a" * 64, "Member must have length less than or equal to 63"),
        (("TrainingJobName",), "", "Invalid length for parameter TrainingJobName"),
        (("TrainingJobName",), 5, "Invalid type for parameter TrainingJobName"),
        (("RoleArn",), "arn:aws:iam::12:role/workshop", "'roleArn'"),
        (
            ("ResourceConfig", "InstanceType"),
            "ml.imaginary",
            "Member must satisfy enum value set: [ml.m4.xlarge",
        ),
        (
            ("StoppingCondition", "MaxRuntimeInSeconds"),
            0,
            "Invalid value for parameter StoppingCondition.Max",
        ),
        (("HyperParameters",), {"epochs": 30}, "Invalid type for parameter HyperParameters.epochs"),
        (("HyperParameters", "epochs"), "9" * 2501, "'hyperParameters.epochs.member'"),
        (("HyperParameters",), {str(i): "" for i in range(101)}, "'hyperParameters' failed"),
        (
            ("InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"),
            "file:///etc/passwd",
            "'inputDataConfig.1.member.dataSource.s3DataSource.s3Uri'",
        ),
        (("RetryStrategy",), {"MaximumRetryAttempts": 31}, "Member must have value less than or equal to"),
        (("NoSuchThing",), 1, 'Unknown parameter in input: "NoSuchThing"'),
    ],
)
def test_what_aws_refuses_is_refused(path: tuple[Any, ...], value: Any, message: str) -> None:
    assert message in refusal(changed(path, value))


def test_a_missing_member_is_named() -> None:
    request = {k: v for k, v in TRAINING.items() if k != "RoleArn"}
    assert '1 validation error detected: Missing required parameter in input: "RoleArn"' in refusal(request)


def test_all_that_is_wrong_is_told_at_once() -> None:
    request = changed(("TrainingJobName",), "-") | {"RoleArn": "arn:aws:iam::000000000000:user/me"}
    message = refusal(request)
    assert message.startswith("2 validation errors detected: ")
    assert "'trainingJobName'" in message
    assert "'roleArn'" in message


def test_patterns_that_python_cannot_read_do_not_stop_a_request() -> None:
    validate_request("sagemaker", "CreateTrainingJob", TRAINING | {"Tags": [{"Key": "ケース", "Value": "1"}]})
    assert "'tags.1.member.key'" in refusal(TRAINING | {"Tags": [{"Key": "k" * 129, "Value": "1"}]})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (not_found("DescribeLabelingJob", 'Labeling job "x"'), "ResourceNotFound"),
        (not_found("DescribeEndpoint", 'Endpoint "x"'), "ValidationException"),
        (in_use("CreateLabelingJob", 'Labeling job "x"'), "ResourceInUse"),
        (in_use("CreateEndpoint", 'Endpoint "x"'), "ValidationException"),
    ],
)
def test_errors_carry_the_code_that_the_operation_declares(error: ClientError, code: str) -> None:
    assert error.response["Error"]["Code"] == code
    assert '"x"' in error.response["Error"]["Message"]
