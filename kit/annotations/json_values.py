"""Values out of somebody else's JSON, taken only when they are of the kind the format promises."""

from __future__ import annotations

import math
from typing import Any

from kit.annotations.problems import MalformedError


def number(value: Any, name: str) -> float:
    """`value` as it is, when it is a finite number (an integer stays one, so that it is written as one again).

    Raises:
        MalformedError: it is anything else: text, true, null, infinity, an integer no float can hold.
    """
    kind = type(value)
    if kind is int and -(2**53) <= value <= 2**53:
        return value  # type: ignore[no-any-return]
    if kind is float and math.isfinite(value):
        return value  # type: ignore[no-any-return]
    raise MalformedError(f"{name} is {shown(value)}, not a number")


def pixels(value: Any, name: str) -> int:
    """A width or height in whole pixels, 0 when the file does not say (absent or null).

    Raises:
        MalformedError: it is no whole number, or below zero.
    """
    if value is None:
        return 0
    size = number(value, name)
    if size < 0 or size != int(size):
        raise MalformedError(f"{name} is {shown(value)}, not a number of pixels")
    return int(size)


def text(value: Any, name: str) -> str:
    """`value`, when it is text and not empty.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, str) or not value:
        raise MalformedError(f"{name} is {shown(value)}, not text")
    return value


def mapping(value: Any, name: str) -> dict[str, Any]:
    """`value`, when it is a JSON object.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is {shown(value)}, not an object")
    return value


def sequence(value: Any, name: str) -> list[Any]:
    """`value`, when it is a JSON array.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, list):
        raise MalformedError(f"{name} is {shown(value)}, not a list")
    return value


def compact(value: float) -> float:
    """The number to write: whole numbers without a fraction, as AWS's own files have them."""
    return int(value) if value == int(value) else value


def shown(value: Any) -> str:
    """`value` for a message: short, whatever somebody put there."""
    whole = "missing" if value is None else repr(value)
    return whole if len(whole) <= 60 else whole[:57] + "…"
