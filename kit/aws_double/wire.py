"""AWS's protocols, as far as the double speaks them: which operation a request is, and the bytes of an answer.

Sources: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and botocore's service models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from kit.local_cloud.account import REGION

_TARGETS = {
    "SageMaker": "sagemaker",
    "Logs_20140328": "logs",
    "ServiceQuotasV20190624": "service-quotas",
    "AWSPriceListService": "pricing",
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
}
_INVOCATIONS = re.compile(r"/endpoints/([^/]+)/invocations")
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[a-z]+(?:-[a-z]+)+-\d+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """A request as AWS understands it.

    Attributes:
        service: botocore's name of the service, as far as it can be told.
        operation: the API's name of it.
        endpoint: for InvokeEndpoint, which.
        region: that the client has signed for.
    """

    service: str
    operation: str
    endpoint: str = ""
    region: str = REGION


def call_of(method: str, path: str, headers: Message[str, str], body: bytes) -> Call:
    """The operation that a request asks for, by target, by form parameter, or by method and address."""
    scope = _SCOPE.search(headers.get("Authorization", ""))
    region, service = (scope["region"], scope["service"]) if scope else (REGION, "s3")
    target = headers.get("X-Amz-Target", "")
    if target:
        prefix, _, operation = target.partition(".")
        return Call(_TARGETS.get(prefix, prefix), operation, region=region)
    address = urlsplit(path)
    invocation = _INVOCATIONS.fullmatch(address.path)
    if invocation:
        return Call("sagemaker-runtime", "InvokeEndpoint", invocation[1], region)
    if service == "s3":
        return Call("s3", _s3_operation(method, address.path, address.query, headers), region=region)
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return Call(service, parse_qs(body.decode(errors="replace")).get("Action", ["?"])[0], region=region)
    return Call(service, f"{method} {address.path}", region=region)


def _s3_operation(method: str, path: str, query: str, headers: Message[str, str]) -> str:
    """The operation of S3 whose address says most of what this one does."""
    if method == "PUT" and "X-Amz-Copy-Source" in headers:
        return "CopyObject"
    parts = [part for part in path.split("/", 2) if part]
    depth, given = len(parts), set(query.split("&")) | {item.split("=", 1)[0] for item in query.split("&")}
    best, told = f"{method} {path}", -1
    model = service_model("s3")
    for name in model.operation_names:
        http = model.operation_model(name).http
        address, _, wanted = http["requestUri"].partition("?")
        flags = {flag for flag in wanted.split("&") if flag}
        fits = http["method"] == method and len([p for p in address.split("/") if p]) == depth and flags <= given
        if fits and len(flags) > told and name not in ("CopyObject", "RenameObject"):
            best, told = name, len(flags)
    return best


def json_request(body: bytes) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(body or b"{}")
    return request


def json_answer(call: Call, answer: Mapping[str, Any]) -> bytes:
    """The bytes of an answer, shaped by the operation's model.

    Raises:
        KeyError: the answer has a member that the model does not: a bug of the double.
    """
    shape = operation_model(call).output_shape
    return json.dumps(_shaped(answer, shape) if shape is not None else {}).encode()


def _shaped(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        members = {name: item for name, item in value.items() if name != "ResponseMetadata"}
        return {name: _shaped(item, shape.members[name]) for name, item in members.items()}
    if isinstance(shape, ListShape):
        return [_shaped(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: _shaped(item, shape.value) for key, item in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def error_answer(call: Call, error: ClientError) -> tuple[int, str, bytes]:
    """Status, content type and bytes of an error in the protocol of the service."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    told = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if call.service == "s3":
        return status, "application/xml", f"<Error>{told}</Error>".encode()
    if call.service in ("iam", "sts"):
        body = f"<ErrorResponse><Error><Type>Sender</Type>{told}</Error><RequestId>double</RequestId></ErrorResponse>"
        return status, "text/xml", body.encode()
    extra = {name: item for name, item in error.response.items() if name not in ("Error", "ResponseMetadata")}
    content = "application/json" if call.service == "sagemaker-runtime" else "application/x-amz-json-1.1"
    return status, content, json.dumps({"__type": code, "message": message, **extra}).encode()


def operation_model(call: Call) -> OperationModel:
    return service_model(call.service).operation_model(call.operation)


_MODELS: dict[str, ServiceModel] = {}


def service_model(service: str) -> ServiceModel:
    if service not in _MODELS:
        _MODELS[service] = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return _MODELS[service]
