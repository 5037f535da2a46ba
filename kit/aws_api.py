"""The one seam between the workshop and where it runs: a named subset of the AWS API in boto3's own shapes.

On AWS the members of `AwsApi` are boto3 clients. On this machine they are the local cloud (`kit.local_cloud`). Keyword
arguments, answers and errors (`botocore.exceptions.ClientError`) are those of boto3 1.4x for the operation of the same
name, so a stage never asks where it runs. Request shapes: botocore's service models `sagemaker`, `sagemaker-runtime`
and `logs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The statuses of a job that has not ended, of LabelingJobStatus and of TrainingJobStatus:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeLabelingJob.html, API_DescribeTrainingJob.html
LABELING_JOB_RUNNING = ("Initializing", "InProgress", "Stopping")
TRAINING_JOB_RUNNING = ("InProgress", "Stopping")
# Where SageMaker writes its logs; the streams begin with the job's name, an endpoint has a group of its own.
# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
LABELING_LOGS = "/aws/sagemaker/LabelingJobs"
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints"
# Bytes that InvokeEndpoint takes of a real-time endpoint's request:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LARGEST_BODY = 6_291_456
# The hyperparameter of the kit's own detector that names the classes, a JSON list; JumpStart's models have none such.
# A value has at most so many characters:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
CLASS_NAMES = "labels"
LONGEST_HYPERPARAMETER = 2500
# SageMaker's words for it, where the code is ValidationException.
# Studio has more of its own: https://github.com/hashicorp/terraform-provider-aws, internal/service/sagemaker.
_MISSING = (
    "could not find", "not found", "no workforce", "does not exist", "cannot be found", "recordnotfound",
    "has already been deleted", "previously failed and was automatically deleted",
)  # fmt: skip


class SageMaker(Protocol):
    """The SageMaker operations that the workshop uses."""

    def create_labeling_job(self, **request: Any) -> dict[str, Any]: ...
    def describe_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]: ...
    def stop_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]: ...

    def create_training_job(self, **request: Any) -> dict[str, Any]: ...
    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]: ...
    def stop_training_job(self, *, TrainingJobName: str) -> dict[str, Any]: ...

    def create_model(self, **request: Any) -> dict[str, Any]: ...
    def create_endpoint_config(self, **request: Any) -> dict[str, Any]: ...
    def create_endpoint(self, **request: Any) -> dict[str, Any]: ...
    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]: ...
    def delete_endpoint(self, *, EndpointName: str) -> dict[str, Any]: ...
    def delete_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]: ...
    def delete_model(self, *, ModelName: str) -> dict[str, Any]: ...

    # What teardown asks to prove that nothing is left.
    def list_endpoints(self, *, NameContains: str) -> dict[str, Any]: ...
    def list_endpoint_configs(self, *, NameContains: str) -> dict[str, Any]: ...
    def list_models(self, *, NameContains: str) -> dict[str, Any]: ...
    def list_labeling_jobs(self, *, NameContains: str, StatusEquals: str) -> dict[str, Any]: ...
    def list_training_jobs(self, *, NameContains: str, StatusEquals: str) -> dict[str, Any]: ...


class SageMakerRuntime(Protocol):
    """Asking a deployed model. `Body` of the answer is a stream with `.read()`, as botocore's StreamingBody."""

    def invoke_endpoint(
        self, *, EndpointName: str, Body: bytes, ContentType: str, Accept: str, CustomAttributes: str = ...
    ) -> dict[str, Any]: ...


class Logs(Protocol):
    """CloudWatch Logs: training jobs write to group `TRAINING_LOGS`, stream `<job>/…`."""

    def describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]: ...
    def get_log_events(
        self, *, logGroupName: str, logStreamName: str, startFromHead: bool = ..., nextToken: str = ...
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Person:
    """Somebody who labels, by the name to sign in with."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class LabellingPortal:
    """Where people label, and how they get in.

    Attributes:
        people: empty where names and passwords reach them otherwise (an invitation mail of Amazon Cognito).
        invited: whether they are people with an address of their own each, who are sent an invitation.
        remark: what people should know of the address.
        others: addresses by which other machines reach the same; empty where only this one does, or all do.
    """

    url: str
    people: tuple[Person, ...] = ()
    invited: bool = False
    remark: str = ""
    others: tuple[str, ...] = ()


class Durability(Protocol):
    """Keeps a killed run able to go on: nothing to do on AWS, saving S3 to disk on this machine."""

    def checkpoint(self) -> None: ...


@dataclass(frozen=True)
class Algorithm:
    """The model that is fine-tuned: all that CreateTrainingJob and CreateModel take besides the data.

    Attributes:
        hyperparameters: those that the algorithm itself needs; the run's own come on top.
        metric_definitions: `{"Name": …, "Regex": …}` with one group, as in AlgorithmSpecification; how a number is
            read off the training log. `Val_CrossEntropy` is among them.
        tunable: the names of the hyperparameters that may be set.
        channels: what is trained on besides the run's data, by channel: S3 addresses.
        training_environment, inference_environment: variables of the containers.
        spot: train on spare capacity, which is cheaper and may be taken away.
        isolated_training, isolated_inference: containers without a network (EnableNetworkIsolation).
        encrypted_traffic: between the containers of a job (EnableInterContainerTrafficEncryption).
    """

    training_image: str
    inference_image: str
    training_instance: str
    endpoint_instance: str
    hyperparameters: Mapping[str, str]
    metric_definitions: tuple[Mapping[str, str], ...]
    tunable: frozenset[str]
    channels: Mapping[str, str] = field(default_factory=dict)
    training_environment: Mapping[str, str] = field(default_factory=dict)
    inference_environment: Mapping[str, str] = field(default_factory=dict)
    volume_gb: int = 30
    spot: bool = False
    isolated_training: bool = False
    isolated_inference: bool = False
    encrypted_traffic: bool = False


class ResourceKind(Protocol):
    """A kind of thing that a run makes on one cloud or the other (`kit.resources`, `kit.aws.resources`).

    Attributes:
        name: of the kind, in the ledger and in what is told of it.
        stands_on: the kinds without which it cannot be or end well: they stay for as long as it does.
    """

    name: ClassVar[str]
    stands_on: ClassVar[tuple[str, ...]]

    def delete(self, name: str, /) -> None:
        """Deletes one, gone already or not, and returns when it is gone; raises KitError when it does not go."""

    def left(self, suffix: str, /) -> list[str]:
        """The names of those that still bear a run's suffix, by asking."""


@dataclass(frozen=True)
class AwsApi:
    """Everything a stage may call.

    Attributes:
        region, account: of the bucket and the jobs; us-east-1 and twelve zeros on this machine.
        role_arn: the execution role that jobs and endpoints are given.
        workteam_arn: who labels.
        labelling_functions: ARN up to the names of the functions that prepare and consolidate a labelling job;
            "" where there are none in this region.
        portal: where the people of the team label a job; None when no person is needed.
        labelled_by: how many of a job's pictures each person has labelled, by name; empty where nobody tells.
        continues_labels: whether a labelling job shows the labels that its input manifest has, to be corrected.
        propose: shows boxes to begin from (`AnnotatedPicture`, by S3 URI) on a job's pictures that have no label yet;
            where that cannot be, nothing is shown.
        poll_seconds: how long to wait between two looks at a job.
        further_kinds: what this cloud alone makes for a run, for the clean-up.
        traces: what the jobs themselves leave, which no ledger names.
        endpoint_seconds: how long an endpoint may take to come up; AWS gives up after an hour itself.
        deletion_seconds: how long one thing may take to go.
        tags: of everything that is made; none on this machine.
    """

    s3: S3Client
    sagemaker: SageMaker
    sagemaker_runtime: SageMakerRuntime
    logs: Logs
    durability: Durability
    algorithm: Algorithm
    region: str
    account: str
    role_arn: str
    workteam_arn: str
    labelling_functions: str
    portal: Callable[[str], LabellingPortal | None]
    poll_seconds: float
    further_kinds: tuple[ResourceKind, ...] = ()
    traces: tuple[ResourceKind, ...] = ()
    endpoint_seconds: float = 3900.0
    deletion_seconds: float = 1800.0
    labelled_by: Callable[[str], Mapping[str, int]] = lambda _job: {}
    continues_labels: bool = False
    propose: Callable[[str, Mapping[str, Any]], None] = lambda _job, _proposals: None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def tagged(self) -> dict[str, Any]:
        """What a request of SageMaker's bears of the tags: its member `Tags`, or nothing."""
        return {"Tags": tag_list(self.tags)} if self.tags else {}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def unless_missing(operation: Any, **names: str) -> Mapping[str, Any] | None:
    """The answer of a describe operation, or None when there is no such thing.

    SageMaker says so with ValidationException ("Could not find …") or ResourceNotFound, by operation.
    """
    try:
        answer: Mapping[str, Any] = operation(**names)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return answer


def is_missing(error: ClientError) -> bool:
    """Whether an error says that the thing asked for does not exist."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in ("ResourceNotFound", "ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404"):
        return True
    return code == "ValidationException" and any(words in message.lower() for words in _MISSING)
