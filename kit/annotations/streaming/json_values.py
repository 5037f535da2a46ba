"""Values out of somebody else's JSON, taken only when they are of the kind the format promises.

A value that its file has no name for is given one that is `marked` for the catalogue.
"""

from __future__ import annotations

import json
from typing import Any

import orjson
from msgspec import Raw, Struct, to_builtins

from kit.annotations.problems import MalformedError
from kit.language import _


def parsed(document: bytes | Raw | Struct) -> Any:
    """The value of a JSON document, or of what was decoded into a struct: lists, dictionaries, texts and numbers.

    Raises:
        MalformedError: it is not JSON.
    """
    if isinstance(document, Struct):
        return to_builtins(document)
    try:
        return orjson.loads(bytes(document))
    except orjson.JSONDecodeError as error:
        raise MalformedError(_("not valid JSON ({reason}); was the file cut off?").format(reason=error.msg)) from error


def number(value: Any, name: str) -> float:
    """`value` as it is, when it is a number (an integer stays one, so that it is written as one again).

    Raises:
        MalformedError: it is anything else: text, true, null, or beyond 2**53, where floats no longer hold every
            integer and reckoning with pictures ends in infinity.
    """
    if type(value) in (int, float) and -(2**53) <= value <= 2**53:
        return value  # type: ignore[no-any-return]
    raise MalformedError(_("{name} is {value}, not a number").format(name=_(name), value=shown(value)))


def pixels(value: Any, name: str) -> int:
    """A width or height in whole pixels, 0 when the file does not say (absent or null).

    Raises:
        MalformedError: it is no whole number, or below zero.
    """
    if value is None:
        return 0
    size = number(value, name)
    if size < 0 or size != int(size):
        raise MalformedError(_("{name} is {value}, not a number of pixels").format(name=_(name), value=shown(value)))
    return int(size)


def text(value: Any, name: str) -> str:
    """`value`, when it is text and not empty.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, str) or not value:
        raise MalformedError(_("{name} is {value}, not text").format(name=_(name), value=shown(value)))
    return value


def mapping(value: Any, name: str) -> dict[str, Any]:
    """`value`, when it is a JSON object.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, dict):
        raise MalformedError(_("{name} is {value}, not an object").format(name=_(name), value=shown(value)))
    return value


def sequence(value: Any, name: str) -> list[Any]:
    """`value`, when it is a JSON array.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, list):
        raise MalformedError(_("{name} is {value}, not a list").format(name=_(name), value=shown(value)))
    return value


def compact(numbers: bytes) -> bytes:
    """JSON without texts, its whole numbers without a fraction, as AWS's own files have them."""
    if numbers.find(b".") < 0:
        return numbers
    return numbers.replace(b".0,", b",").replace(b".0]", b"]").replace(b".0}", b"}")


def shown(value: Any) -> str:
    """`value` for a message: short, whatever somebody put there."""
    whole = _("missing") if value is None else repr(value)
    return whole if len(whole) <= 60 else whole[:57] + "…"


def list_with_constants(text: bytes) -> list[Any] | None:
    """The elements of a list in which NaN or Infinity stands, as Python's own writer puts it: these become texts.

    They are no JSON, but where they stand in a value that nobody asks for they do no harm, and where they do the
    reader can say of which element which value is NaN.
    """
    if b"NaN" not in text and b"Infinity" not in text:
        return None
    try:
        return [Raw(orjson.dumps(each)) for each in json.loads(text, parse_constant=str)]
    except (ValueError, RecursionError, TypeError):
        return None
