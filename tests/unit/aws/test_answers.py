"""An answer of AWS that leaves out what its service model does not promise."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError
from botocore.stub import Stubber

from kit.aws import answers

TEAM = {
    "WorkteamName": "t",
    "WorkteamArn": "arn:aws:sagemaker:us-east-1:000000000000:workteam/t",
    "Description": "of t",
}
MEMBERS = {
    "MemberDefinitions": [{"CognitoMemberDefinition": {"UserPool": "us-east-1_a", "UserGroup": "g", "ClientId": "c"}}]
}


@pytest.fixture
def sagemaker() -> Any:
    session = boto3.Session(botocore_session=answers.session(), region_name="us-east-1")
    return session.client("sagemaker", aws_access_key_id="x", aws_secret_access_key="x")


def answered(client: Any, operation: str, answer: dict[str, Any], **request: Any) -> Any:
    with Stubber(client) as stubber:
        stubber.add_response(operation, answer)
        return getattr(client, operation)(**request)


def test_what_is_there_is_as_ever(sagemaker: Any) -> None:
    answer = answered(sagemaker, "describe_workteam", {"Workteam": TEAM | MEMBERS}, WorkteamName="t")
    assert answer == {"Workteam": TEAM | MEMBERS}
    assert answer["Workteam"]["MemberDefinitions"][0]["CognitoMemberDefinition"]["UserGroup"] == "g"
    assert answer["Workteam"].get("SubDomain") is None


def test_a_list_that_is_left_out_is_empty(sagemaker: Any) -> None:
    assert answered(sagemaker, "list_domains", {})["Domains"] == []


@pytest.mark.parametrize("kind", [BotoCoreError, KeyError])
def test_what_else_is_left_out_is_said_by_name(sagemaker: Any, kind: type[Exception]) -> None:
    answer = answered(sagemaker, "describe_workteam", {"Workteam": TEAM | MEMBERS}, WorkteamName="t")
    with pytest.raises(kind) as caught:
        answer["Workteam"]["SubDomain"]
    assert str(caught.value) == "AWS's answer to DescribeWorkteam has no SubDomain"


def test_what_no_model_knows_is_a_mistake_of_the_kit(sagemaker: Any) -> None:
    answer = answered(sagemaker, "list_domains", {})
    with pytest.raises(KeyError) as caught:
        answer["Dominions"]
    assert not isinstance(caught.value, BotoCoreError)


def test_pages_are_read_as_ever(sagemaker: Any) -> None:
    with Stubber(sagemaker) as stubber:
        stubber.add_response("list_domains", {"Domains": [{"DomainName": "a"}], "NextToken": "1"})
        stubber.add_response("list_domains", {"Domains": [{"DomainName": "b"}]})
        pages = list(sagemaker.get_paginator("list_domains").paginate())
    assert [domain["DomainName"] for page in pages for domain in page["Domains"]] == ["a", "b"]
