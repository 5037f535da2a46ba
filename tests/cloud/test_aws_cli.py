"""The AWS command line, which no one here wrote, makes, describes, lists and deletes whatever the kit makes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from kit.aws.ground_truth import labelling_functions
from tests.cloud.aws_cli import AwsCli, aws_cli
from tests.cloud.conftest import Double

TRUST = '{"Version": "2012-10-17", "Statement": []}'
TAGS = ["--tags", "Key=team,Value=vision"]
BUCKET = "somebody-elses-bucket"
# Jobs of other tests stay in the lists, as on AWS.
LABELLING = "somebody-elses-labels"


@pytest.fixture(scope="module")
def command_line(started_double: Double) -> Iterator[AwsCli]:
    with aws_cli(started_double.url) as command:
        yield command


@pytest.fixture
def aws(double: Double, command_line: AwsCli) -> Iterator[AwsCli]:
    """The command line, on a double that is empty again afterwards."""
    yield command_line
    assert double.left() == []


@pytest.fixture
def role(aws: AwsCli) -> Iterator[str]:
    made = aws("iam", "create-role", "--role-name", "r", "--assume-role-policy-document", TRUST, *TAGS)
    assert aws("iam", "list-role-tags", "--role-name", "r")["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert [each["RoleName"] for each in aws("iam", "list-roles")["Roles"]] == ["r"]
    yield made["Role"]["Arn"]
    aws("iam", "delete-role", "--role-name", "r")
    status, _, error = aws.tried("iam", "get-role", "--role-name", "r")
    assert (status, "NoSuchEntity" in error) == (255, True)


@pytest.fixture
def bucket(aws: AwsCli) -> Iterator[str]:
    aws("s3api", "create-bucket", "--bucket", BUCKET)
    yield BUCKET
    aws("s3", "rm", f"s3://{BUCKET}", "--recursive", "--only-show-errors")
    aws("s3api", "delete-bucket", "--bucket", BUCKET)


def put(aws: AwsCli, tmp_path_factory: pytest.TempPathFactory, key: str, content: str) -> str:
    path = tmp_path_factory.mktemp("object") / "object"
    path.write_text(content)
    aws("s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", str(path))
    return f"s3://{BUCKET}/{key}"


def gone(aws: AwsCli, *arguments: str) -> str:
    """What is said when there is no such thing."""
    status, _, error = aws.tried(*arguments)
    assert status == 255, (arguments, error)
    return error


def test_a_bucket_is_in_the_clients_region(aws: AwsCli) -> None:
    where = ["--create-bucket-configuration", "LocationConstraint=us-west-2"]
    aws("s3api", "create-bucket", "--bucket", BUCKET, *where, region="us-west-2")
    aws("s3api", "put-bucket-tagging", "--bucket", BUCKET, "--tagging", "TagSet=[{Key=a,Value=b}]", region="us-west-2")
    assert aws("s3api", "get-bucket-location", "--bucket", BUCKET)["LocationConstraint"] == "us-west-2"
    assert aws("s3api", "get-bucket-tagging", "--bucket", BUCKET)["TagSet"] == [{"Key": "a", "Value": "b"}]
    listed = [
        [each["Name"] for each in aws("s3api", "list-buckets", "--bucket-region", region)["Buckets"]]
        for region in ("us-east-1", "us-west-2")
    ]
    assert [BUCKET in names for names in listed] == [False, True]
    aws("s3api", "delete-bucket", "--bucket", BUCKET, region="us-west-2")
    aws("s3api", "wait", "bucket-not-exists", "--bucket", BUCKET)


def test_a_workforce_with_its_pool_and_team(aws: AwsCli) -> None:
    pool = aws("cognito-idp", "create-user-pool", "--pool-name", "p", "--user-pool-tags", "team=vision")["UserPool"]
    assert pool["UserPoolTags"] == {"team": "vision"}
    told = aws("cognito-idp", "list-tags-for-resource", "--resource-arn", pool["Arn"])
    assert told == {"Tags": {"team": "vision"}}
    here = ["--user-pool-id", pool["Id"]]
    client = aws("cognito-idp", "create-user-pool-client", *here, "--client-name", "c")["UserPoolClient"]["ClientId"]
    aws("cognito-idp", "create-group", *here, "--group-name", "g")
    config = f"UserPool={pool['Id']},ClientId={client}"
    aws("sagemaker", "create-workforce", "--workforce-name", "w", "--cognito-config", config, *TAGS)
    assert aws("sagemaker", "describe-workforce", "--workforce-name", "w")["Workforce"]["Status"] == "Active"
    member = json.dumps([{"CognitoMemberDefinition": {"UserPool": pool["Id"], "UserGroup": "g", "ClientId": client}}])
    team = ["--workteam-name", "t"]
    arn = aws(
        "sagemaker", "create-workteam", *team, "--workforce-name", "w", "--description", "d",
        "--member-definitions", member, *TAGS,
    )["WorkteamArn"]  # fmt: skip
    assert aws("sagemaker", "describe-workteam", *team)["Workteam"]["WorkteamArn"] == arn
    assert aws("sagemaker", "list-tags", "--resource-arn", arn)["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert [each["WorkteamName"] for each in aws("sagemaker", "list-workteams")["Workteams"]] == ["t"]
    assert aws("sagemaker", "delete-workteam", *team)["Success"] is True
    assert "work team" in gone(aws, "sagemaker", "describe-workteam", *team)
    assert "Could not find" in gone(aws, "sagemaker", "list-tags", "--resource-arn", arn)
    aws("sagemaker", "delete-workforce", "--workforce-name", "w")
    assert aws("sagemaker", "list-workforces")["Workforces"] == []
    aws("cognito-idp", "delete-user-pool", *here)


def test_a_labelling_job(aws: AwsCli, role: str, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    config = "UserPool=us-east-1_abc,ClientId=c"
    member = '[{"CognitoMemberDefinition": {"UserPool": "us-east-1_abc", "UserGroup": "g", "ClientId": "c"}}]'
    aws("sagemaker", "create-workforce", "--workforce-name", "w", "--cognito-config", config)
    team = aws(
        "sagemaker", "create-workteam", "--workteam-name", "t", "--workforce-name", "w", "--description", "d",
        "--member-definitions", member,
    )["WorkteamArn"]  # fmt: skip
    functions = labelling_functions("us-east-1")
    manifest = put(aws, tmp_path_factory, "input.manifest", '{"source-ref": "s3://somebody-elses-bucket/none.jpg"}\n')
    request = {
        "LabelingJobName": LABELLING,
        "LabelAttributeName": "boxes",
        "LabelCategoryConfigS3Uri": put(aws, tmp_path_factory, "labels.json", '{"labels": [{"label": "a"}]}'),
        "RoleArn": role,
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": manifest}}},
        "OutputConfig": {"S3OutputPath": f"s3://{bucket}/output"},
        "Tags": [{"Key": "team", "Value": "vision"}],
        "HumanTaskConfig": {
            "WorkteamArn": team,
            "UiConfig": {
                "UiTemplateS3Uri": put(aws, tmp_path_factory, "t.liquid", "<crowd-bounding-box></crowd-bounding-box>")
            },
            "PreHumanTaskLambdaArn": f"{functions}:PRE-BoundingBox",
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{functions}:ACS-BoundingBox"},
            "TaskTitle": "t",
            "TaskDescription": "d",
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 60,
        },
    }
    aws("sagemaker", "create-labeling-job", "--cli-input-json", json.dumps(request))
    told = aws("sagemaker", "describe-labeling-job", "--labeling-job-name", LABELLING)
    assert (told["Tags"], told["RoleArn"]) == (request["Tags"], role)
    (listed,) = aws("sagemaker", "list-labeling-jobs", "--name-contains", LABELLING)["LabelingJobSummaryList"]
    assert (listed["LabelingJobName"], listed["WorkteamArn"]) == (LABELLING, team)
    # Of one picture that is not there nothing is left to label: the job has ended, and what has ended is not stopped.
    assert told["LabelingJobStatus"] in ("Failed", "Completed")
    assert told["LabelingJobStatus"] in gone(aws, "sagemaker", "stop-labeling-job", "--labeling-job-name", LABELLING)
    aws("sagemaker", "delete-workteam", "--workteam-name", "t")
    aws("sagemaker", "delete-workforce", "--workforce-name", "w")


def test_from_training_to_an_endpoint(
    aws: AwsCli, role: str, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = put(aws, tmp_path_factory, "training/annotations.json", "{}").removesuffix("annotations.json")
    channel = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}
    job = ["--training-job-name", "j"]
    aws(
        "sagemaker", "create-training-job", *job, "--role-arn", role, "--algorithm-specification",
        "TrainingImage=image,TrainingInputMode=File", "--input-data-config",
        json.dumps([{"ChannelName": "training", "DataSource": channel}]), "--output-data-config",
        f"S3OutputPath=s3://{bucket}/output", "--resource-config",
        "InstanceType=ml.g4dn.xlarge,InstanceCount=1,VolumeSizeInGB=1", "--stopping-condition",
        "MaxRuntimeInSeconds=600", *TAGS,
    )  # fmt: skip
    aws("sagemaker", "wait", "training-job-completed-or-stopped", *job)
    artifact = aws("sagemaker", "describe-training-job", *job)["ModelArtifacts"]["S3ModelArtifacts"]
    assert "in status Completed" in gone(aws, "sagemaker", "stop-training-job", *job)
    (listed,) = aws("sagemaker", "list-training-jobs", "--status-equals", "Completed", "--name-contains", "j")[
        "TrainingJobSummaries"
    ][:1]
    assert listed["TrainingJobName"] == "j"
    wanted = [{"Name": "Tags.team", "Operator": "Equals", "Value": "vision"}]
    expression = json.dumps({"Filters": wanted})
    found = aws("sagemaker", "search", "--resource", "TrainingJob", "--search-expression", expression)["Results"]
    assert [each["TrainingJob"]["TrainingJobName"] for each in found] == ["j"]

    image = f"Image=image,ModelDataUrl={artifact}"
    named = {kind: [f"--{kind}-name", "m"] for kind in ("model", "endpoint-config", "endpoint")}
    aws("sagemaker", "create-model", *named["model"], "--execution-role-arn", role, "--primary-container", image)
    assert aws("sagemaker", "describe-model", *named["model"])["PrimaryContainer"]["ModelDataUrl"] == artifact
    variant = "VariantName=v,ModelName=m,InitialInstanceCount=1,InstanceType=ml.m5.large"
    aws("sagemaker", "create-endpoint-config", *named["endpoint-config"], "--production-variants", variant, *TAGS)
    told = aws("sagemaker", "describe-endpoint-config", *named["endpoint-config"])
    assert (told["ProductionVariants"][0]["ModelName"], "Tags" in told) == ("m", False)
    arn = aws("sagemaker", "create-endpoint", *named["endpoint"], "--endpoint-config-name", "m")["EndpointArn"]
    aws("sagemaker", "add-tags", "--resource-arn", arn, *TAGS)
    aws("sagemaker", "wait", "endpoint-in-service", *named["endpoint"])
    assert aws("sagemaker", "list-tags", "--resource-arn", arn)["Tags"] == [{"Key": "team", "Value": "vision"}]
    aws("sagemaker", "delete-tags", "--resource-arn", arn, "--tag-keys", "team")
    assert aws("sagemaker", "list-tags", "--resource-arn", arn)["Tags"] == []
    aws("sagemaker", "delete-endpoint", *named["endpoint"])
    aws("sagemaker", "wait", "endpoint-deleted", *named["endpoint"])
    aws("sagemaker", "delete-endpoint-config", *named["endpoint-config"])
    aws("sagemaker", "delete-model", *named["model"])
    assert "Could not find model" in gone(aws, "sagemaker", "describe-model", *named["model"])
    group = ["--log-group-name", "/aws/sagemaker/TrainingJobs"]
    (stream,) = aws("logs", "describe-log-streams", *group, "--log-stream-name-prefix", "j/")["logStreams"]
    aws("logs", "delete-log-stream", *group, "--log-stream-name", stream["logStreamName"])


def test_a_studio_domain(aws: AwsCli, role: str) -> None:
    made = aws(
        "sagemaker", "create-domain", "--domain-name", "d", "--auth-mode", "IAM", "--default-user-settings",
        f"ExecutionRole={role}", "--vpc-id", "vpc-1", "--subnet-ids", "subnet-1", *TAGS,
    )  # fmt: skip
    domain = made["DomainId"]
    here = ["--domain-id", domain]
    assert aws("sagemaker", "list-tags", "--resource-arn", made["DomainArn"])["Tags"] != []
    kinds = {
        "user-profile": ["--user-profile-name", "u"],
        "space": ["--space-name", "s"],
        "app": ["--space-name", "s", "--app-type", "JupyterLab", "--app-name", "a"],
    }
    for kind, names in kinds.items():
        aws("sagemaker", f"create-{kind}", *here, *names)
        assert aws("sagemaker", f"describe-{kind}", *here, *names)["Status"] == "InService"
        (listed,) = aws("sagemaker", f"list-{kind}s", "--domain-id-equals", domain).values()
        assert len(listed) == 1
    for kind, names in reversed(kinds.items()):
        aws("sagemaker", f"delete-{kind}", *here, *names)
        if kind == "app":
            assert aws("sagemaker", "describe-app", *here, *names)["Status"] == "Deleted", "for a day more, as on AWS"
        else:
            gone(aws, "sagemaker", f"describe-{kind}", *here, *names)
    assert [each["DomainId"] for each in aws("sagemaker", "list-domains")["Domains"]] == [domain]
    aws("sagemaker", "delete-domain", *here, "--retention-policy", "HomeEfsFileSystem=Delete")
    assert aws("sagemaker", "list-domains")["Domains"] == []


def test_a_repository_of_images(aws: AwsCli) -> None:
    name = ["--repository-name", "images"]
    made = aws("ecr", "create-repository", *name, *TAGS)["repository"]
    told = aws("ecr", "list-tags-for-resource", "--resource-arn", made["repositoryArn"])
    assert told["tags"] == [{"Key": "team", "Value": "vision"}]
    assert len(aws("ecr", "describe-repositories")["repositories"]) == 1
    aws("ecr", "delete-repository", *name, "--force")
    assert aws("ecr", "describe-repositories")["repositories"] == []


def test_lists_come_in_pages_and_the_command_line_puts_them_together(
    aws: AwsCli, role: str, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    artifact = put(aws, tmp_path_factory, "model.tar.gz", "")
    assert bucket in artifact
    every = [f"m-{number:02}" for number in range(12)]
    image = f"Image=image,ModelDataUrl={artifact}"
    for name in every:
        aws(
            "sagemaker", "create-model", "--model-name", name, "--execution-role-arn", role,
            "--primary-container", image,
        )  # fmt: skip

    def names(*arguments: str) -> list[str]:
        listed = aws("sagemaker", "list-models", "--sort-by", "Name", "--sort-order", "Ascending", *arguments)
        return [each["ModelName"] for each in listed["Models"]]

    assert names() == every
    assert names("--page-size", "5") == every
    assert names("--no-paginate") == every[:10], "as many as a page has"
    assert names("--max-items", "3") == every[:3]
    assert names("--name-contains", "M-1") == every[10:]
    assert "NextToken" in gone(aws, "sagemaker", "list-models", "--no-paginate", "--next-token", "from-elsewhere")
    for name in every:
        aws("sagemaker", "delete-model", "--model-name", name)


def test_each_region_has_its_own_things_quotas_and_prices_of_one_account(aws: AwsCli, role: str) -> None:
    account = aws("sts", "get-caller-identity")["Account"]
    domain = aws(
        "sagemaker", "create-domain", "--domain-name", "d", "--auth-mode", "IAM", "--default-user-settings",
        f"ExecutionRole={role}", "--vpc-id", "vpc-1", "--subnet-ids", "subnet-1", region="eu-west-1",
    )  # fmt: skip
    assert domain["DomainArn"].split(":")[3:5] == ["eu-west-1", account]
    assert aws("sagemaker", "list-domains")["Domains"] == []
    assert len(aws("sagemaker", "list-domains", region="eu-west-1")["Domains"]) == 1
    aws("sagemaker", "delete-domain", "--domain-id", domain["DomainId"], region="eu-west-1")
    quotas = aws("service-quotas", "list-service-quotas", "--service-code", "sagemaker", region="eu-west-1")["Quotas"]
    assert {each["QuotaArn"].split(":")[3] for each in quotas} == {"eu-west-1"}
    wanted = "Type=TERM_MATCH,Field=regionCode,Value=eu-west-1"
    prices = aws("pricing", "get-products", "--service-code", "AmazonSageMaker", "--filters", wanted)["PriceList"]
    regions = {json.loads(text)["product"]["attributes"]["regionCode"] for text in prices}
    assert regions == {"eu-west-1"}
