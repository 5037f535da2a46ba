"""InvokeEndpoint of SageMaker's runtime over HTTP, as boto3, the AWS command line and the SDK speak it.

Source: botocore's model of `sagemaker-runtime`, protocol rest-json
(https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html): an error's name is in the header x-amzn-errortype,
its members are the JSON body.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kit.aws_api import LARGEST_BODY, SageMakerRuntime
from kit.serving.connections import read_body

PATH = "/endpoints/{endpoint}/invocations"
CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_ACCEPT_BY_DEFAULT = "application/json"
_TYPE_BY_DEFAULT = "application/octet-stream"


@dataclass(frozen=True)
class OneEndpoint:
    """The one endpoint that is served: no other of the account can be asked through here.

    Attributes:
        runtime: asks it.
        account: the twelve digits that AWS names in refusals.
    """

    name: str
    runtime: SageMakerRuntime
    account: str

    async def invocations(self, request: Request) -> Response:
        """The model's answer as it came, or the error that boto3 would raise, for boto3 to raise it."""
        name = request.path_params["endpoint"]
        if name != self.name:
            message = f"Endpoint {name} of account {self.account} not found."
            return _refusal(400, "ValidationError", {"Message": message})
        try:
            body = await read_body(request, LARGEST_BODY)
        except HTTPException as error:
            message = (
                f"HTTP content length exceeded {LARGEST_BODY} bytes." if error.status_code == 413 else error.detail
            )
            return _refusal(error.status_code, "", {"Message": message}, error.headers)
        return await run_in_threadpool(self._ask, body, request.headers)

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> Response:
        # For the model alone; a request without it is asked for without it.
        attributes = {"CustomAttributes": headers[CUSTOM_ATTRIBUTES]} if CUSTOM_ATTRIBUTES in headers else {}
        try:
            answer = self.runtime.invoke_endpoint(
                EndpointName=self.name,
                Body=body,
                ContentType=headers.get("content-type", _TYPE_BY_DEFAULT),
                Accept=headers.get("accept", _ACCEPT_BY_DEFAULT),
                **attributes,
            )
            content = answer["Body"].read()
        except ClientError as error:
            return _told(error)
        except BotoCoreError as error:
            return _refusal(503, "ServiceUnavailable", {"Message": str(error)})
        told = {"x-Amzn-Invoked-Production-Variant": answer.get("InvokedProductionVariant", "")}
        return Response(content, 200, {**_identified(), **told}, answer["ContentType"])


def _told(error: ClientError) -> Response:
    response: Mapping[str, Any] = error.response
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    members = {name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata", "message")}
    return _refusal(status, response["Error"]["Code"], {"Message": response["Error"]["Message"], **members})


def _refusal(status: int, code: str, members: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    # Where AWS names no error, boto3 takes the status for its name.
    named = {"x-amzn-errortype": code} if code and not code.isdecimal() else {}
    return Response(orjson.dumps(members), status, {**(headers or {}), **_identified(), **named}, "application/json")


def _identified() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}
