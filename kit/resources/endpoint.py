"""The SageMaker endpoint, which costs money by the hour for as long as it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from botocore.exceptions import ClientError

from kit import advice
from kit.aws_api import AwsApi, unless_missing
from kit.errors import ServiceError
from kit.language import _
from kit.resources.waiting import wait_while
from kit.run.journal import Journal
from kit.run.names import ENDPOINT

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html, EndpointStatus
CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack")
# The refusal to delete one that has begun to change since it was looked at.
_IN_PROGRESS = "in-progress"


@dataclass(frozen=True)
class Endpoint:
    name: ClassVar[str] = ENDPOINT
    stands_on: ClassVar[tuple[str, ...]] = ("endpoint-config", "model", "role", "bucket")
    api: AwsApi

    def make(self, journal: Journal, endpoint: str, config: str) -> None:
        """Creates it, or takes the one that an earlier attempt created, and waits until it is in service.

        Raises:
            ServiceError: it fails, or is not there in `AwsApi.endpoint_seconds`.
        """
        if not self.is_coming_or_there(endpoint):
            journal.will_create(self.name, endpoint)
            self.api.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config, **self.api.tagged)
        wait_while(
            lambda: status if (status := self._status(endpoint)) in CHANGING else None,
            what=_("Endpoint {name}").format(name=endpoint),
            seconds=self.api.endpoint_seconds,
            poll_seconds=self.api.poll_seconds,
            todo=_("the same command deletes it and tries again"),
        )
        found = self.api.sagemaker.describe_endpoint(EndpointName=endpoint)
        if found["EndpointStatus"] != "InService":
            reason = str(found.get("FailureReason", _("no reason given"))).rstrip(".")
            raise ServiceError(
                _("Endpoint {name} ended as {status}: {reason}; {todo}.").format(
                    name=endpoint,
                    status=found["EndpointStatus"],
                    reason=reason,
                    todo=advice.of(reason) or advice.again(),
                )
            )

    def delete(self, endpoint: str) -> None:
        """Deletes it and waits until it is gone: only then its configuration may go. Raises ServiceError.

        SageMaker refuses while it is coming up, which can take 24 minutes even of one that then fails: that is waited
        for first.
        """
        wait_while(
            lambda: self._going(endpoint),
            what=_("Endpoint {name}").format(name=endpoint),
            seconds=self.api.endpoint_seconds + self.api.deletion_seconds,
            poll_seconds=self.api.poll_seconds,
            todo=_("it costs money until it is gone: run the same command again later"),
        )

    def _going(self, endpoint: str) -> str | None:
        """Its status, None once it is gone; asks for its end as soon as SageMaker may take that."""
        status = self._status(endpoint)
        if status is not None and status not in (*CHANGING, "Deleting"):
            try:
                unless_missing(self.api.sagemaker.delete_endpoint, EndpointName=endpoint)
            except ClientError as error:
                if _IN_PROGRESS not in error.response["Error"]["Message"]:
                    raise
        return status

    def is_coming_or_there(self, endpoint: str) -> bool:
        """Whether an earlier attempt's can be gone on with."""
        return self._status(endpoint) in ("Creating", "InService")

    def left(self, suffix: str) -> list[str]:
        found = self.api.sagemaker.list_endpoints(NameContains=suffix)["Endpoints"]
        return [endpoint["EndpointName"] for endpoint in found]

    def _status(self, endpoint: str) -> str | None:
        found = unless_missing(self.api.sagemaker.describe_endpoint, EndpointName=endpoint)
        return None if found is None else str(found["EndpointStatus"])
