"""Where an element of a JSON list ends, in a part of the list that begins with one: two quick guesses, and a search."""

from __future__ import annotations

import re
from collections.abc import Callable

FindEnding = Callable[[bytes], int]

TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
# Whole texts, the beginning of one that is not whole, and what structures the rest.
_STRUCTURE = re.compile(rb'%b|["{}\[\],]' % TEXT, re.DOTALL)
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


def balanced(text: bytes) -> int:
    """The end of the last brace that leaves as many closed as opened, as if there were none within texts; 0: none."""
    depth = text.count(b"{") - text.count(b"}")
    end = len(text)
    while (brace := text.rfind(b"}", 0, end)) >= 0:
        depth -= text.count(b"{", brace, end)
        if depth == 0:
            return brace + 1
        depth += 1
        end = brace
    return 0


def searched(text: bytes, *, single: bool) -> int:
    """The length of the elements in `text` that are known to be whole, by what follows; of the first with `single`."""
    depth = end = 0
    for token in _STRUCTURE.finditer(text):
        match text[token.start() : token.end()]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
                if depth < 0:
                    return token.start()
            case b",":
                if depth == 0:
                    end = token.start()
                    if single:
                        return end
            case b'"':  # the beginning of a text that goes on
                return end
    return end
