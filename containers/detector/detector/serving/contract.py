"""JumpStart's request and response of an object-detection endpoint.

A request may also say how much is to be done for it, in SageMaker's own place for what a model alone understands: the
header X-Amzn-SageMaker-Custom-Attributes (`CustomAttributes` of InvokeEndpoint), which other models pass over.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from detector.errors import InputError
from detector.serving.inference import FULL, QUICK, Detections, Effort

CONTENT_TYPES = frozenset({"application/x-image", "image/jpeg", "image/png"})
CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
EFFORT_ATTRIBUTE = "detector-effort"
EFFORTS = {"full": FULL, "quick": QUICK}


@dataclass(frozen=True)
class AcceptOptions:
    """Options of a request's Accept header.

    Attributes:
        verbose: whether the response has the labels too.
        n_predictions: how many detections at most; None: all.
    """

    verbose: bool = False
    n_predictions: int | None = None


def parse_accept(header: str | None) -> AcceptOptions | None:
    """`application/json;verbose;n_predictions=N`, its parts in any order; None for another media type.

    Raises:
        InputError: n_predictions is no whole number above 0.
    """
    kind, *parameters = [part.strip() for part in (header or "application/json").split(";")]
    if not any(option.strip() in ("application/json", "application/*", "*/*") for option in kind.split(",")):
        return None
    verbose, predictions = False, None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "verbose":
            verbose = True
        elif name == "n_predictions":
            predictions = whole_number(value)
            if predictions is None:
                raise InputError(f'Accept says n_predictions="{value[:20]}": give a whole number above 0')
    return AcceptOptions(verbose, predictions)


def parse_effort(custom_attributes: str | None) -> Effort:
    """`detector-effort=quick` or `=full`, among others between commas; full where nothing is said of it.

    Raises:
        InputError: another effort.
    """
    given = dict(part.strip().partition("=")[::2] for part in (custom_attributes or "").split(","))
    name = given.get(EFFORT_ATTRIBUTE, "full")
    if name not in EFFORTS:
        raise InputError(f'{EFFORT_ATTRIBUTE} is "{name[:20]}": give {" or ".join(EFFORTS)}')
    return EFFORTS[name]


def whole_number(text: str) -> int | None:
    """A whole number above 0 of at most nine digits; None where the text is none.

    `int` alone takes digits of any script, and thousands of them end in an error of its own.
    """
    return int(text) or None if re.fullmatch("[0-9]{1,9}", text) else None


def response(detections: Detections, options: AcceptOptions, labels: tuple[str, ...]) -> dict[str, object]:
    """The response's JSON object: boxes left, top, right, bottom in 0..1, best first; `classes` index into `labels`."""
    count = slice(options.n_predictions)
    body: dict[str, object] = {
        "normalized_boxes": detections.boxes[count].tolist(),
        "classes": [float(number) for number in detections.classes[count]],
        "scores": detections.scores[count].tolist(),
    }
    return body | {"labels": list(labels)} if options.verbose else body
