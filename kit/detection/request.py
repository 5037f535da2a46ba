"""Asking a deployed JumpStart object detection model.

Source: JumpStart's inference contract for object detection: raw JPEG or PNG bytes in, JSON out; `verbose` adds the
labels and `n_predictions` limits the boxes. A real-time endpoint takes bodies of up to 6 MB:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
from botocore.exceptions import BotoCoreError, ClientError

from kit.annotations.picture_conversion import ConvertedPicture, converted, encoded
from kit.aws_api import LARGEST_BODY, SageMakerRuntime
from kit.errors import ServiceError
from kit.language import _

CONTENT_TYPE = "application/x-image"
# CustomAttributes of a request for which the kit's own detector is to do less, sooner; other models pass over it.
QUICK = "detector-effort=quick"
# Of a caller who may not ask: https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
_NOT_PERMITTED = ("AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException")


class RefusedPictureError(ServiceError):
    """The endpoint does not take this picture; it may take others."""


def accept(n_predictions: int | None = None) -> str:
    """The Accept value: with labels, and at most `n_predictions` boxes (None: every box)."""
    limit = "" if n_predictions is None else f";n_predictions={n_predictions}"
    return f"application/json;verbose{limit}"


def body_of(path: Path) -> bytes:
    """A picture file as the endpoint is to get it, which is as it goes into the bucket to be trained on.

    A picture larger than an endpoint takes is sent smaller, which normalised boxes do not mind.

    Raises:
        InputError: it is no picture of a kind that is taken, or is damaged.
    """
    return as_sent(converted(path))


def as_sent(picture: ConvertedPicture) -> bytes:
    """A picture that is decoded already, as `body_of` has it."""
    body, pixels = picture.content, picture.pixels
    while len(body) > LARGEST_BODY:
        pixels = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        body = encoded(pixels, "JPEG")
    return body


def ask(runtime: SageMakerRuntime, endpoint_name: str, picture: bytes, n_predictions: int | None = None) -> bytes:
    """Send a picture to an endpoint; its answer as it came, for `response.parse`.

    Args:
        picture: JPEG or PNG bytes, see `body_of`.

    Raises:
        RefusedPictureError: the model answers that this picture is at fault (400, 413, 415).
        ServiceError: the endpoint is not there or not the caller's, is overloaded, or did not answer.
    """
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint_name, Body=picture, ContentType=CONTENT_TYPE, Accept=accept(n_predictions)
        )
        body: bytes = answer["Body"].read()
    except ClientError as error:
        raise _refusal(endpoint_name, error) from error
    except BotoCoreError as error:
        raise ServiceError(
            _("endpoint {endpoint_name}: no answer ({error}); is it in service?").format(
                endpoint_name=endpoint_name, error=error
            )
        ) from error
    return body


def _refusal(endpoint_name: str, error: ClientError) -> ServiceError:
    response: Mapping[str, Any] = error.response
    told = response.get("OriginalMessage") or response["Error"].get("Message") or str(error)
    reason = " ".join(str(told).split())[:300].rstrip(".")
    code, status = response["Error"]["Code"], response.get("OriginalStatusCode")
    kind: type[ServiceError] = ServiceError
    if code == "ValidationError" and "not found" in reason.lower():
        sentence = _("endpoint {endpoint_name}: there is none in service of that name ({reason}); is the region right?")
    elif code in _NOT_PERMITTED:
        sentence = _("endpoint {endpoint_name}: these credentials may not ask it ({reason}); use its owner's")
    elif status == 503:
        sentence = _("endpoint {endpoint_name}: has too much to do ({reason}); try again in a while")
    elif code == "413" or status in (400, 413, 415):
        kind = RefusedPictureError
        sentence = _("endpoint {endpoint_name}: refused a picture ({reason}); its log says more")
    else:
        sentence = _("endpoint {endpoint_name}: failed on a picture ({reason}); its log says more")
    return kind(sentence.format(endpoint_name=endpoint_name, reason=reason))
