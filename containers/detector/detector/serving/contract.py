"""JumpStart's request and response of an object-detection endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from detector.errors import InputError
from detector.serving.inference import Detections

CONTENT_TYPES = frozenset({"application/x-image", "image/jpeg", "image/png"})


@dataclass(frozen=True)
class Wanted:
    """What the request's Accept header asks for: the labels too, and how many detections (None: all)."""

    verbose: bool = False
    predictions: int | None = None


def parse_accept(header: str | None) -> Wanted | None:
    """`application/json;verbose;n_predictions=N`, its parts in any order; None when it wants something else.

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
            if not value.isdecimal() or int(value) < 1:
                raise InputError(f'Accept says n_predictions="{value}": give a whole number above 0')
            predictions = int(value)
    return Wanted(verbose, predictions)


def response(found: Detections, wanted: Wanted, labels: tuple[str, ...]) -> dict[str, object]:
    """The answer's JSON object: boxes left, top, right, bottom in 0..1, best first; `classes` index into `labels`."""
    count = slice(wanted.predictions)
    answer: dict[str, object] = {
        "normalized_boxes": found.boxes[count].tolist(),
        "classes": [float(number) for number in found.classes[count]],
        "scores": found.scores[count].tolist(),
    }
    return answer | {"labels": list(labels)} if wanted.verbose else answer
