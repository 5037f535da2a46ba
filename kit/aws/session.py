"""An AWS account as boto3 clients: signed in, of one region, patient with throttling and with what is new."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from kit import advice
from kit.aws import answers
from kit.aws.answers import MemberMissingError
from kit.errors import ServiceError, SetupError
from kit.language import _

_CONFIG = Config(
    connect_timeout=10,
    read_timeout=70,  # InvokeEndpoint may take 60 s
    retries={"mode": "standard", "total_max_attempts": 8},
    max_pool_connections=16,
)
# How often, and after how many seconds each, what was made a moment ago is asked for again: two minutes in all, as long
# as other tools wait (Terraform's AWS provider: two minutes of `propagationTimeout` for models and work teams).
_NEW_ATTEMPTS = 24
_NEW_SECONDS = 5.0
# What SageMaker says of a role that the rest of AWS has not heard of yet, in lower case: Terraform's provider retries
# these, and AWS's own controller for Kubernetes lists the second and third.
_NEW_ROLE = (
    "assume",
    "no s3 objects found under s3 url",
    "no identity-based policy allows the s3:listbucket action",
    "the aws access key id you provided does not exist",
)
# Refused without a reason in words while what they stand on is new, by operation: model on role, team on workforce.
_NEW_GROUND = ("CreateModel", "CreateWorkteam")
# What no waiting mends: a request that is malformed, a name that is taken.
_FINAL = ("validation error", "already exist")
_NEW_CONFIGURATION = "could not find endpoint configuration"
_NO_SESSION = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
    "InvalidClientTokenId",
)


@dataclass(frozen=True)
class Aws:
    """An account, a region, and who asks.

    Attributes:
        caller: ARN of the user or the assumed role whose credentials these are.
        endpoint_url: "" for AWS itself, else where AWS_ENDPOINT_URL leads instead.
    """

    session: boto3.Session
    region: str
    account: str
    caller: str
    endpoint_url: str

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service; made once."""
        return _client(self.session, service, region or self.region)

    @property
    def is_stand_in(self) -> bool:
        """Whether something on this machine answers in place of AWS."""
        return bool(self.endpoint_url)

    @property
    def identity(self) -> dict[str, str]:
        """Tells this account and region from others without giving the account's number away."""
        account = hashlib.sha256(self.account.encode()).hexdigest()[:12]
        return {"account": account, "in_region": self.region, "endpoint_url": self.endpoint_url}

    def is_that_of(self, settings: Mapping[str, Any]) -> bool:
        """Whether a run with these settings in its journal was made in this account and region."""
        return all(settings.get(name) == value for name, value in self.identity.items())

    @property
    def partition(self) -> str:
        return self.caller.split(":")[1]


def open_account(region: str | None) -> Aws:
    """Signs in with the credentials that boto3 finds: environment, profile, SSO, instance.

    Raises:
        SetupError: no region, no credentials, or credentials that AWS does not take; says what to do.
    """
    try:
        session = _session(region)
        # boto3 does not read AWS_REGION, which other SDKs and AWS's own shells set.
        found = session.region_name or os.environ.get("AWS_REGION")
        if found is None:
            raise NoRegionError
        session = _session(found)
        identity = _client(session, "sts", found).get_caller_identity()
        account, caller = str(identity["Account"]), str(identity["Arn"])
    except ProfileNotFound as error:
        raise SetupError(
            _("{error}; set AWS_PROFILE to one of `aws configure list-profiles`.").format(error=error)
        ) from error
    except NoRegionError as error:
        raise SetupError(_("No AWS region is set; give one, such as REGION=us-east-1.")) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise SetupError(
            _("No AWS credentials were found; sign in with `aws configure` or `aws sso login`, or set AWS_PROFILE.")
        ) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NO_SESSION:
            raise SetupError(
                _(
                    "The AWS credentials are not valid any more ({code}); sign in again, such as by `aws sso login`."
                ).format(code=code)
            ) from error
        raise SetupError(
            _("AWS does not take the credentials: {error}; sign in with others.").format(error=error)
        ) from error
    except MemberMissingError as error:
        raise SetupError(f"{error}; {error.todo}.") from error
    except BotoCoreError as error:
        raise SetupError(
            _("AWS cannot be reached: {error}; check the network and the credentials.").format(error=error)
        ) from error
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    return Aws(session, found, account, caller, url)


def _session(region: str | None) -> boto3.Session:
    return boto3.Session(botocore_session=answers.session(), region_name=region)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Makes of what AWS refuses inside a ServiceError that says what to do."""
    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"].rstrip(".")
        todo = advice.of(code) or advice.again()
        raise ServiceError(
            _("{operation} was refused: {message} ({code}); {todo}.").format(
                operation=error.operation_name, message=message, code=code, todo=todo
            )
        ) from error
    except MemberMissingError as error:
        raise ServiceError(f"{error}; {error.todo}.") from error
    except BotoCoreError as error:
        raise ServiceError(
            _("AWS cannot be reached: {error}; run the same command again.").format(error=error)
        ) from error


@functools.cache
def _client(session: boto3.Session, service: str, region: str) -> Any:
    client: Any = session.client(service, region_name=region, config=_CONFIG)  # type: ignore[call-overload]
    if service == "sagemaker":
        client.meta.events.register("needs-retry.sagemaker", _wait_for_what_is_new)
    return client


def _wait_for_what_is_new(
    response: tuple[Any, Mapping[str, Any]] | None, attempts: int, operation: Any, **_: Any
) -> float | None:
    """botocore's question whether to try again, answered with seconds to wait, or None for its own rules."""
    if response is None or attempts >= _NEW_ATTEMPTS:
        return None
    error = response[1].get("Error", {})
    if is_refused_for_being_new(operation.name, error.get("Code", ""), error.get("Message", "")):
        return _NEW_SECONDS
    return None


def is_refused_for_being_new(operation: str, code: str, message: str) -> bool:
    """Whether SageMaker refuses because it has not heard yet of what was made a moment ago: a role, say."""
    if code != "ValidationException":
        return False
    text = message.lower()
    if any(words in text for words in _NEW_ROLE):
        return True
    if operation == "CreateEndpoint":
        return _NEW_CONFIGURATION in text
    return operation in _NEW_GROUND and not any(words in text for words in _FINAL)
