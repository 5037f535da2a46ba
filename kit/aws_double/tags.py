"""SageMaker's tags: of whatever was created with an ARN and has not been deleted.

A thing's tags end with it. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.aws_double.wire import Call, operation_model
from kit.local_cloud.service_model import client_error

_CREATE, _DELETE = "Create", "Delete"


@dataclass
class _Tagged:
    """A thing by all the names that it was created with, and the tags that it has now."""

    kind: str
    names: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class Tags:
    """The verbs of tags.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self) -> None:
        self._things: dict[str, _Tagged] = {}
        self._lock = threading.Lock()
        self.operations: dict[str, Callable[..., Mapping[str, Any]]] = {
            "AddTags": self._add,
            "ListTags": self._list,
            "DeleteTags": self._delete,
        }

    def of(self, arn: str) -> dict[str, str]:
        with self._lock:
            return dict(self._things[arn].tags) if arn in self._things else {}

    def note(self, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """To be told of every operation of SageMaker's that was done."""
        if operation.startswith(_CREATE):
            kind = operation.removeprefix(_CREATE)
            arn = answer.get(f"{kind}Arn")
            if arn is not None:
                tagged = _Tagged(kind, {**request, **answer}, _by_key(request.get("Tags", ())))
                with self._lock:
                    self._things[arn] = tagged
        elif operation.startswith(_DELETE) and operation != "DeleteTags":
            self._forget(operation, request)

    def _forget(self, operation: str, request: Mapping[str, Any]) -> None:
        shape = operation_model(Call("sagemaker", operation)).input_shape
        required = {name: request[name] for name in (shape.required_members if shape else ())}
        kind = operation.removeprefix(_DELETE)
        with self._lock:
            for arn, thing in list(self._things.items()):
                if thing.kind == kind and all(thing.names.get(name) == value for name, value in required.items()):
                    del self._things[arn]

    def _add(self, *, ResourceArn: str, Tags: list[dict[str, str]]) -> Mapping[str, Any]:
        with self._lock:
            thing = self._thing("AddTags", ResourceArn)
            thing.tags |= _by_key(Tags)
            return {"Tags": listed(thing.tags)}

    def _list(self, *, ResourceArn: str, **_: Any) -> Mapping[str, Any]:
        with self._lock:
            return {"Tags": listed(self._thing("ListTags", ResourceArn).tags)}

    def _delete(self, *, ResourceArn: str, TagKeys: list[str]) -> Mapping[str, Any]:
        with self._lock:
            thing = self._thing("DeleteTags", ResourceArn)
            thing.tags = {key: value for key, value in thing.tags.items() if key not in TagKeys}
        return {}

    def _thing(self, operation: str, arn: str) -> _Tagged:
        if arn not in self._things:
            raise client_error(operation, "ValidationException", f"Could not find resource {arn}.")
        return self._things[arn]


def _by_key(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as SageMaker answers with them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
