"""`invoke_endpoint` of boto3's `sagemaker-runtime` client, over the endpoints of this machine."""

from __future__ import annotations

import io
import time
from typing import Any, Protocol

import urllib3
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from kit import stopping
from kit.aws_api import LARGEST_BODY
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.hosting.model_server import ModelServer
from kit.local_cloud.service_model import client_error, validate_request

_OPERATION = "InvokeEndpoint"
# Members of the request, and the headers in which the container gets them:
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
HEADERS = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
}
_ERROR_TEXT_LIMIT = 1000
_POLL_SECONDS = 0.1
# How long a process that answers no more may take to end.
_ENDING_SECONDS = 2.0


class Served(Protocol):
    """Knows the endpoints of this machine."""

    def served(self, name: str) -> tuple[str, ModelServer] | None:
        """The production variant and the server of an endpoint in service."""


class EndpointInvoker:
    """Asks the endpoints of a `Hosting`, or a lone one."""

    def __init__(self, hosting: Served, place: Place = HERE) -> None:
        self._hosting = hosting
        self._place = place

    def invoke_endpoint(
        self,
        *,
        EndpointName: str,
        Body: bytes,
        ContentType: str | None = None,
        Accept: str | None = None,
        CustomAttributes: str | None = None,
    ) -> dict[str, Any]:
        """Sends `Body` to the model; the answer's `Body` is a botocore StreamingBody.

        Raises:
            ClientError: ValidationError when there is no such endpoint in service; 413 for a body over
                `LARGEST_BODY`; ModelError when the model answers with another status than 2xx, or not at all
                (the response then carries OriginalStatusCode, 0 for no answer, and OriginalMessage).
        """
        said = {"ContentType": ContentType, "Accept": Accept, "CustomAttributes": CustomAttributes}
        given = {name: value for name, value in said.items() if value is not None}
        validate_request("sagemaker-runtime", _OPERATION, {"EndpointName": EndpointName, "Body": Body, **given})
        served = self._hosting.served(EndpointName)
        if served is None:
            message = f"Endpoint {EndpointName} of account {self._place.account} not found."
            raise client_error(_OPERATION, "ValidationError", message)
        if len(Body) > LARGEST_BODY:
            raise client_error(_OPERATION, "413", f"HTTP content length exceeded {LARGEST_BODY} bytes.", status=413)
        variant, server = served
        headers = {HEADERS[name]: value for name, value in given.items()}
        try:
            try:
                answer = server.invoke(Body, headers)
            except urllib3.exceptions.HTTPError:
                # It may have ended at this moment, and be started again then.
                anew = self._in_place_of(server, EndpointName)
                if anew is None:
                    raise
                answer = anew.invoke(Body, headers)
        except urllib3.exceptions.TimeoutError as error:
            text = "Your invocation timed out while waiting for a response from container primary."
            raise _model_error(EndpointName, 0, text) from error
        except urllib3.exceptions.HTTPError as error:
            raise _model_error(EndpointName, 0, str(error)) from error
        if not 200 <= answer.status < 300:
            raise _model_error(EndpointName, answer.status, answer.body.decode(errors="replace"))
        return {
            "Body": StreamingBody(io.BytesIO(answer.body), len(answer.body)),
            "ContentType": answer.content_type,
            "InvokedProductionVariant": variant,
            "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0},
        }

    def _in_place_of(self, before: ModelServer, name: str) -> ModelServer | None:
        """The server in the place of one that did not answer; None when that one still runs, or there is none."""
        deadline = time.monotonic() + _ENDING_SECONDS
        while before.ending() is None and time.monotonic() < deadline:
            stopping.pause(_POLL_SECONDS)
        served = None if before.ending() is None else self._hosting.served(name)
        return None if served is None else served[1]


def _model_error(endpoint: str, status: int, text: str) -> ClientError:
    text = text[:_ERROR_TEXT_LIMIT]
    kind = "client" if 400 <= status < 500 else "server"
    return client_error(
        _OPERATION,
        "ModelError",
        f'Received {kind} error ({status}) from primary with message "{text}". See the log of endpoint {endpoint} '
        f"for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=text,
    )
