"""Answers of AWS without the members that its service models do not promise."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from kit.aws import answers


def leave_out_what_is_optional(but: Collection[str]) -> None:
    """In this process, of every answer to the kit.

    Args:
        but: members that stay, as `<operation>.<member>`, wherever in the answer; so do lists that are not empty.
    """
    true_session = answers.session

    def session() -> botocore.session.Session:
        made = true_session()
        made.register("after-call", sparse)
        return made

    def sparse(**event: Any) -> None:
        shape = event["model"].output_shape
        if shape is not None and event["http_response"].status_code < 300:
            _strip(event["parsed"], shape, event["model"].name, but)

    answers.session = session


def _strip(value: Any, shape: Shape, operation: str, but: Collection[str]) -> None:
    if isinstance(shape, ListShape):
        for item in value:
            _strip(item, shape.member, operation, but)
    if not isinstance(shape, StructureShape):
        return
    kept = {*shape.required_members, shape.serialization.get("payload")}
    for name, member in shape.members.items():
        is_list = isinstance(member, ListShape) and value.get(name)
        if name in value and not (is_list or name in kept or f"{operation}.{name}" in but):
            del value[name]
        if name in value:
            _strip(value[name], member, operation, but)
