"""`make cloud-clean ALL=1`: what runs made goes without their folders, and what others made stays."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import Stop, run
from tests.cloud.short_run import settings
from tests.cloud.test_faults import refused

ALL = {"all": "1", "yes": "1", "poll_seconds": "0.1"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
# A name that the kit gives, without its tag.
LIKE_OURS = "plugs-20261122-120000-cloud-ab12"


def client(double: Double, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(
        service,
        endpoint_url=double.url,
        region_name=region,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


@pytest.fixture
def of_others(double: Double) -> Iterator[list[str]]:
    """What somebody else has in the account, by names like the kit's."""
    s3, iam, cognito, sagemaker = (client(double, name) for name in ("s3", "iam", "cognito-idp", "sagemaker"))
    bucket = f"jumpstart-finetune-handson-{LIKE_OURS.removeprefix('plugs-')}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "vision"}]})
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=b"theirs")
    role = iam.create_role(RoleName=LIKE_OURS, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    pool = cognito.create_user_pool(PoolName=LIKE_OURS)["UserPool"]["Id"]
    image = {"Image": "image", "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    sagemaker.create_model(ModelName=LIKE_OURS, ExecutionRoleArn=role, PrimaryContainer=image)
    variant = {"VariantName": "v", "ModelName": LIKE_OURS, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=LIKE_OURS, ProductionVariants=[variant])
    there = double.left()
    assert len(there) == 5
    yield there
    sagemaker.delete_endpoint_config(EndpointConfigName=LIKE_OURS)
    sagemaker.delete_model(ModelName=LIKE_OURS)
    cognito.delete_user_pool(UserPoolId=pool)
    iam.delete_role(RoleName=LIKE_OURS)
    s3.delete_object(Bucket=bucket, Key="model.tar.gz")
    s3.delete_bucket(Bucket=bucket)


def test_with_the_runs_removed_all_of_theirs_goes_and_what_others_made_stays(
    tmp_path: Path, double: Double, pictures: Path, of_others: list[str]
) -> None:
    chosen = settings(pictures)
    double.fails(operation="InvokeEndpoint", code="ModelError", message="no", times=100)
    assert run(tmp_path, double.url, "cloud", **chosen).status == 4
    assert run(tmp_path, double.url, "cloud-studio", **ALL).status == 0
    left = {what.rpartition(" ")[0] for what in double.left() if what not in of_others}
    assert left >= {"bucket", "role", "user pool", "workforce", "workteam", "endpoint", "endpoint config", "model"}
    assert left >= {"studio Domain", "studio App", "log stream"}
    shutil.rmtree(tmp_path / "runs")
    without = run(tmp_path, double.url, "cloud-clean", **chosen)
    assert (without.status, "ALL=1" in without.said) == (0, True), without.said
    cleaned = run(tmp_path, double.url, "cloud-clean", **ALL)
    assert cleaned.status == 0, cleaned.said
    assert "Account …0000, us-east-1" in cleaned.said
    assert "Nothing is left." in cleaned.said
    assert double.left() == of_others


@pytest.mark.parametrize("effect", ["role", "workforce", "bucket"])
def test_a_run_that_was_killed_early_is_found_too(tmp_path: Path, double: Double, pictures: Path, effect: str) -> None:
    killed = run(tmp_path, double.url, "cloud", stop=Stop(effect), **settings(pictures))
    assert killed.status == -signal.SIGKILL, killed.said
    assert double.left() != []
    shutil.rmtree(tmp_path / "runs")
    cleaned = run(tmp_path, double.url, "cloud-clean", **ALL)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []


def test_nothing_goes_unless_somebody_says_yes(tmp_path: Path, double: Double, pictures: Path) -> None:
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **settings(pictures)).status == 4
    there = double.left()
    shutil.rmtree(tmp_path / "runs")
    asked = run(tmp_path, double.url, "cloud-clean", all="1")
    refused(asked, 2, "YES=1", *(what.rpartition(" ")[2] for what in there))
    assert double.left() == there
    assert run(tmp_path, double.url, "cloud-clean", **ALL).status == 0
    assert double.left() == []


def test_what_could_not_be_looked_for_is_told_and_the_rest_goes(tmp_path: Path, double: Double, pictures: Path) -> None:
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **settings(pictures)).status == 4
    shutil.rmtree(tmp_path / "runs")
    double.fails(operation="DescribeRepositories", code="AccessDeniedException", times=1)
    told = run(tmp_path, double.url, "cloud-clean", **ALL)
    refused(told, 4, "image-repository cannot be looked for (AccessDeniedException)")
    assert "Nothing is left." not in told.said
    assert double.left() == []


def test_a_group_and_a_user_in_somebody_elses_pool_are_found_by_their_names(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    cognito, sagemaker = client(double, "cognito-idp"), client(double, "sagemaker")
    pool = cognito.create_user_pool(PoolName="theirs")["UserPool"]["Id"]
    web = cognito.create_user_pool_client(UserPoolId=pool, ClientName="theirs")["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="their-own")
    cognito.create_group(UserPoolId=pool, GroupName="plugs-of-theirs")
    sagemaker.create_workforce(WorkforceName="theirs", CognitoConfig={"UserPool": pool, "ClientId": web})
    try:
        double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
        assert run(tmp_path, double.url, "cloud", **settings(pictures)).status == 4
        assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 2
        shutil.rmtree(tmp_path / "runs")
        cleaned = run(tmp_path, double.url, "cloud-clean", **ALL)
        assert cleaned.status == 0, cleaned.said
        assert [user["Username"] for user in cognito.list_users(UserPoolId=pool)["Users"]] == ["their-own"]
        assert [group["GroupName"] for group in cognito.list_groups(UserPoolId=pool)["Groups"]] == ["plugs-of-theirs"]
    finally:
        sagemaker.delete_workforce(WorkforceName="theirs")
        cognito.delete_user_pool(UserPoolId=pool)
    assert double.left() == []


def test_two_runs_in_two_regions_of_one_account_end_by_one_clean_up(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    for region in ("us-east-1", "us-west-2"):
        double.fails(operation="InvokeEndpoint", code="ModelError", message="no", times=8)
        ended = run(tmp_path, double.url, "cloud", **settings(pictures, region=region))
        assert ended.status == 4, ended.said
        endpoints = client(double, "sagemaker", region).list_endpoints()["Endpoints"]
        assert [endpoint["EndpointArn"].split(":")[3] for endpoint in endpoints] == [region]
    cleaned = run(tmp_path, double.url, "cloud-clean", **settings(pictures))
    assert cleaned.status == 0, cleaned.said
    assert "Nothing is left." in cleaned.said
    assert double.left() == []


def test_a_role_of_another_regions_run_stays_with_it(tmp_path: Path, double: Double, pictures: Path) -> None:
    double.fails(operation="CreateTrainingJob", code="AccessDenied", times=1)
    assert run(tmp_path, double.url, "cloud", **settings(pictures, region="us-west-2")).status == 4
    there = double.left()
    shutil.rmtree(tmp_path / "runs")
    elsewhere = run(tmp_path, double.url, "cloud-clean", **ALL)
    assert (elsewhere.status, double.left()) == (0, there), elsewhere.said
    assert run(tmp_path, double.url, "cloud-clean", **ALL, region="us-west-2").status == 0
    assert double.left() == []
