"""Where an element of a JSON list ends, in a part of the list that begins with one: two quick guesses, and a search."""

from __future__ import annotations

import re
from collections.abc import Callable

FindEnding = Callable[[bytes], int]

# Whole texts without escapes, the beginning of one that is not whole, and what structures the rest.
_STRUCTURE = re.compile(rb'"[^"]*"|["{}\[\],]')
# Decoders go down so far and no further.
_DEEPEST = 1000
_FIRST_KEY = re.compile(rb'\{[ \t\r\n]*"[^"\\]*"')
# White space between two objects.
_FARTHEST = 100


def alike(text: bytes) -> int:
    """The end of what is before the last object after a comma that begins with the same key as `text`; 0: none."""
    first = _FIRST_KEY.match(text)
    start = len(text) if first else 0
    while first and (start := text.rfind(first[0], 0, start)) > 0:
        begin = max(0, start - _FARTHEST)
        before = text[begin:start].rstrip()
        if before.endswith(b","):
            return begin + len(before) - 1
    return 0


def balanced(text: bytes, opening: bytes = b"{", closing: bytes = b"}") -> int:
    """The end of the last brace that leaves as many closed as opened, as if there were none within texts; 0: none."""
    depth = text.count(opening) - text.count(closing)
    end = len(text)
    while (brace := text.rfind(closing, 0, end)) >= 0:
        depth -= text.count(opening, brace, end)
        if depth == 0:
            return brace + 1
        depth += 1
        end = brace
    return 0


def bracketed(text: bytes) -> int:
    """The same for brackets, for a list of lists."""
    return balanced(text, b"[", b"]")


def without_escapes(text: bytes) -> bytes:
    """`text`, as long as it was, with dots for escaped quotation marks: those left begin or end a text.

    In two steps of bytes alone, since a pattern that repeats itself for each escape takes sixty times its memory.
    """
    return text.replace(b"\\\\", b"..").replace(b'\\"', b"..") if b"\\" in text else text


def searched(text: bytes, *, single: bool) -> int:
    """The length of the elements in `text` that are known to be whole, by what follows; of the first with `single`.

    Where an element is followed by what cannot follow it, or lies deeper than decoders go, that is included, for a
    decoder to tell.
    """
    depth = end = 0
    closed = False
    for token in _STRUCTURE.finditer(without_escapes(text)):
        match token[0]:
            case b"," | b"]" | b"}" if depth == 0:
                end = token.start()
                if single or token[0] != b",":
                    return end
                closed = False
                continue
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b'"':  # the beginning of a text that goes on
                return end
        if closed or depth > _DEEPEST:
            return token.end()
        closed = depth == 0
    return end
