"""What annotation files hold nearly everywhere, declared as types that a decoder fills in one go.

Nearly every line of a manifest was labelled by one job without a failure, and so on. What is not of that kind, or not
as its format promises, is refused here without a word and left to the reader that knows all kinds and what to say of
them, and takes several times as long. So a type for the ordinary may be narrower than its format, but never wider.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from msgspec import DecodeError, Meta, Raw
from msgspec.json import Decoder

T = TypeVar("T")

# As `json_values` takes them, and narrower: integers that a float holds exactly, sizes that are known, texts not empty.
_EXACT = Meta(ge=-(2**53), le=2**53)
Number = Annotated[int, _EXACT] | Annotated[float, _EXACT]
Length = Annotated[int, Meta(gt=0, le=2**53)] | Annotated[float, Meta(gt=0, le=2**53)]
Percent = Annotated[float, Meta(ge=-(10**6), le=10**6)]
Size = Annotated[int, Meta(gt=0, le=2**53)]
Text = Annotated[str, Meta(min_length=1)]
Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


# What a decoder raises of a document that is not of its type, or not JSON at all.
NOT_DECODED = (DecodeError, UnicodeDecodeError, RecursionError)


def decoded(decoder: Decoder[T], document: bytes | Raw) -> T | None:
    """What `document` holds; None when it is not of the decoder's type, or not JSON at all."""
    try:
        return decoder.decode(document)
    except NOT_DECODED:
        return None
