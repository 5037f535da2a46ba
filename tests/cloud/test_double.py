"""The double refuses over the wire what AWS refuses: form, roles that are not there, a second workforce."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kit.stages import labelling_request, training
from tests.cloud.conftest import Double
from tests.unit.stages.contexts import context_in


@pytest.fixture
def sagemaker(double: Double) -> Any:
    """A client that does not look at requests itself."""
    return boto3.client(
        "sagemaker",
        endpoint_url=double.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TrainingJobName": "no_underscores"}, "trainingJobName"),
        ({"TrainingJobName": "x" * 64}, "less than or equal to 63"),
        ({"ResourceConfig": {"InstanceType": "ml.none", "InstanceCount": 1, "VolumeSizeInGB": 1}}, "enum value set"),
        ({"RoleArn": None}, "RoleArn"),
        ({"Unheard": "of"}, "Unheard"),
    ],
    ids=["pattern", "length", "enum", "type", "unknown member"],
)
def test_a_request_of_the_wrong_form(sagemaker: Any, tmp_path: Any, change: dict[str, Any], said: str) -> None:
    request = {**training.request(context_in(tmp_path), "plugs-1"), **change}
    # What botocore does not know it cannot write either.
    if request.pop("Unheard", None):
        sagemaker.meta.events.register(
            "before-call.sagemaker.CreateTrainingJob",
            lambda params, **_: params.update(body=params["body"][:-1] + b', "Unheard": "of"}'),
        )
    with pytest.raises(ClientError) as caught:
        sagemaker.create_training_job(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert said in caught.value.response["Error"]["Message"]


def test_a_role_that_is_not_there(sagemaker: Any, tmp_path: Any) -> None:
    for create, request in (
        (sagemaker.create_training_job, training.request(context_in(tmp_path), "plugs-1")),
        (sagemaker.create_labeling_job, labelling_request.request(context_in(tmp_path), "plugs-1")),
    ):
        with pytest.raises(ClientError, match="Could not assume role"):
            create(**request)


def test_one_workforce_in_a_region_and_none_with_teams_is_deleted(sagemaker: Any, double: Double) -> None:
    cognito = {"UserPool": "us-east-1_abc", "ClientId": "client"}
    member = {"CognitoMemberDefinition": {"UserPool": "us-east-1_abc", "UserGroup": "g", "ClientId": "client"}}
    sagemaker.create_workforce(WorkforceName="one", CognitoConfig=cognito)
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_workforce(WorkforceName="two", CognitoConfig=cognito)
    sagemaker.create_workteam(WorkteamName="t", WorkforceName="one", MemberDefinitions=[member], Description="d")
    with pytest.raises(ClientError, match="still has work teams"):
        sagemaker.delete_workforce(WorkforceName="one")
    sagemaker.delete_workteam(WorkteamName="t")
    sagemaker.delete_workforce(WorkforceName="one")
    assert double.left() == []


def test_what_the_double_does_not_do_it_refuses(sagemaker: Any) -> None:
    with pytest.raises(ClientError) as caught:
        sagemaker.list_pipelines()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
