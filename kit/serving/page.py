"""The page itself: one HTML file that asks nothing of anybody but the server that it came from."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

_FOLDER = resources.files("kit.serving") / "templates"
_SCRIPTS = ("ask.js", "draw.js", "camera.js", "page.js")


@dataclass(frozen=True)
class Page:
    """`headers`: what a browser may do with it, for every answer of the server."""

    html: bytes
    headers: Mapping[str, str]


def render(facts: Mapping[str, Any]) -> Page:
    """The page with its facts, which its script reads; see `templates/ask.js`."""
    style, script = _text("page.css"), "".join(map(_text, _SCRIPTS))
    # Inside a script element only `</` and `<!--` would end it.
    data = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    template = jinja2.Template(_text("page.html"), undefined=jinja2.StrictUndefined, autoescape=True)
    html = template.render(style=Markup(style), script=Markup(script), facts=Markup(data))  # noqa: S704
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        # The colours of classes are set by the script, which this does not concern.
        "style-src": _hash(style),
        "img-src": "'self' blob: data:",
        "media-src": "blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return Page(
        html.encode(),
        {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _hash(text: str) -> str:
    """https://www.w3.org/TR/CSP3/#hash-source"""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
