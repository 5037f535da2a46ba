"""How long things on this AWS take, and what it says of them meanwhile.

Each behaviour was reported by others who had to live with it; `docs/en/aws.md` lists the sources.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.aws_api import SageMaker
from kit.aws_double.clock import Clock
from kit.local_cloud.service_model import client_error

# A role that the rest of AWS has not heard of yet is refused in any of these words: Terraform's AWS provider retries
# all of them (internal/service/sagemaker), and the controller for Kubernetes lists the middle two.
_NEW_ROLE = (
    "Could not assume role {arn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to "
    "assume the role.",
    "No S3 objects found under S3 URL given in the input data source. Please ensure that the bucket exists in the "
    "selected region, that objects exist under that S3 prefix, and that the role {arn} has s3:ListBucket permissions.",
    "User: {arn} is not authorized to perform: s3:ListBucket because no identity-based policy allows the s3:ListBucket "
    "action",
    "The AWS Access Key Id you provided does not exist in our records.",
)
_IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack")


@dataclass
class Delays:
    """Seconds that things take, to be changed while the double runs.

    Attributes:
        workforce: for a workforce or a part of Studio to come, and to go.
        role: until SageMaker takes a new role.
        team: until a work team can be made in a workforce that is active.
        configuration: until a new endpoint configuration is found by CreateEndpoint.
        endpoint: for an endpoint to come up, at least.
    """

    workforce: float = 1.0
    role: float = 0.0
    team: float = 0.0
    configuration: float = 0.0
    endpoint: float = 0.0


class NewRoles:
    """Refuses roles for as long as they are new."""

    def __init__(self, delays: Delays, clock: Clock) -> None:
        self._delays, self._clock = delays, clock
        self._made: dict[str, float] = {}
        self._words: Iterator[str] = itertools.cycle(_NEW_ROLE)

    def note(self, role: str) -> None:
        """To be told of every role by its name when it has been made."""
        self._made[role] = self._clock.now()

    def refuse(self, operation: str, role: Mapping[str, Any]) -> None:
        """Raises ValidationException when IAM's `role` is too new."""
        if self._clock.now() < self._made.get(role["RoleName"], -math.inf) + self._delays.role:
            raise client_error(operation, "ValidationException", next(self._words).format(arn=role["Arn"]))


class SlowEndpoints:
    """The verbs of endpoints of `sagemaker`, which come up when their time has come and are not deleted before.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, sagemaker: SageMaker, delays: Delays, clock: Clock) -> None:
        self._sagemaker = sagemaker
        self._delays, self._clock = delays, clock
        self._configured: dict[str, float] = {}
        self._created: dict[str, float] = {}
        self.operations: dict[str, Callable[..., Mapping[str, Any]]] = {
            "CreateEndpointConfig": self._configure,
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }

    def _configure(self, **request: Any) -> Mapping[str, Any]:
        answer = self._sagemaker.create_endpoint_config(**request)
        self._configured[request["EndpointConfigName"]] = self._clock.now()
        return answer

    def _create(self, **request: Any) -> Mapping[str, Any]:
        name = request["EndpointConfigName"]
        if self._clock.now() < self._configured.get(name, -math.inf) + self._delays.configuration:
            raise client_error(
                "CreateEndpoint", "ValidationException", f'Could not find endpoint configuration "{name}".'
            )
        answer = self._sagemaker.create_endpoint(**request)
        self._created[request["EndpointName"]] = self._clock.now()
        return answer

    def _describe(self, *, EndpointName: str) -> Mapping[str, Any]:
        return self._as_of_now(self._sagemaker.describe_endpoint(EndpointName=EndpointName))

    def _list(self) -> Mapping[str, Any]:
        found = self._sagemaker.list_endpoints(NameContains="")["Endpoints"]
        return {"Endpoints": [self._as_of_now(endpoint) for endpoint in found]}

    def _delete(self, *, EndpointName: str) -> Mapping[str, Any]:
        endpoint = self._describe(EndpointName=EndpointName)
        if endpoint["EndpointStatus"] in _IN_PROGRESS:
            message = f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".'
            raise client_error("DeleteEndpoint", "ValidationException", message)
        return self._sagemaker.delete_endpoint(EndpointName=EndpointName)

    def _as_of_now(self, endpoint: Mapping[str, Any]) -> Mapping[str, Any]:
        coming = self._clock.now() < self._created.get(endpoint["EndpointName"], -math.inf) + self._delays.endpoint
        if coming and endpoint["EndpointStatus"] == "InService":
            return {**endpoint, "EndpointStatus": "Creating"}
        return endpoint
