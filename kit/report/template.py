"""Rendering the kit's pages: one HTML file each, which may ask for nothing and run no script but its own."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from kit.language import _, language

_FOLDER = resources.files("kit.report") / "templates"


def render(name: str, **content: Any) -> bytes:
    """A page from its template.

    The Content-Security-Policy in it forbids every request and every script but the one whose hash it carries
    (https://www.w3.org/TR/CSP3/#hash-source).
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.globals["_"] = _
    script = _text("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = environment.get_template(name).render(
        language=language(),
        script=Markup(script),  # noqa: S704 (the file of that name)
        script_hash=f"sha256-{digest}",
        **content,
    )
    return page.encode()


def plot(svg: str) -> Markup:
    """A plot of `kit.report.plots` for a template, which would otherwise show its source."""
    return Markup(svg)  # noqa: S704 (made by the plotting library, which escapes texts)


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
