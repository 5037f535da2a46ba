"""What AWS answers, when it leaves out what its service model does not promise.

Which members are promised is in botocore's models (`required`); next to nothing is outside SageMaker. A list that is
left out is an empty one, as the SDKs of typed languages have it; the lack of anything else is said by name.
"""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from kit.language import _


class MemberMissingError(BotoCoreError, KeyError):
    """An answer of AWS lacks a member that is read from it.

    It is what botocore raises when AWS does not answer well, and is told as such; and the KeyError that a plain answer
    would raise.
    """

    def __init__(self, operation: str, member: str) -> None:
        self._text = _("AWS's answer to {operation} has no {member}").format(operation=operation, member=member)
        super().__init__()

    def __str__(self) -> str:
        return self._text

    @property
    def todo(self) -> str:
        """What to do, as a sentence ends with it."""
        return _("run the same command again, and tell the makers of the kit should it stay so")


class Answer(dict[str, Any]):
    """A structure of an answer; botocore's own dictionary but for what is missing in it."""

    def __init__(self, operation: str, shape: StructureShape, members: dict[str, Any]) -> None:
        self._operation, self._shape = operation, shape
        super().__init__(
            {
                name: _answer(operation, shape.members[name], value) if name in shape.members else value
                for name, value in members.items()
            }
        )

    def __missing__(self, name: str) -> Any:
        if name not in self._shape.members:
            raise KeyError(name)
        if isinstance(self._shape.members[name], ListShape):
            return []
        raise MemberMissingError(self._operation, name)


def _answer(operation: str, shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return Answer(operation, shape, value)
    if isinstance(shape, ListShape):
        return [_answer(operation, shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _answer(operation, shape.value, item) for key, item in value.items()}
    return value


class _Answering:
    """A base class of clients."""

    def _make_api_call(self, operation_name: str, api_params: Any) -> Any:
        answer = super()._make_api_call(operation_name, api_params)  # type: ignore[misc]
        model = self.meta.service_model.operation_model(operation_name)  # type: ignore[attr-defined]
        return answer if model.output_shape is None else Answer(operation_name, model.output_shape, answer)


def session() -> botocore.session.Session:
    """A session whose clients answer with `Answer`.

    By the event that boto3's guide has for further base classes:
    https://docs.aws.amazon.com/boto3/latest/guide/events.html
    """

    def add_base(**classes: Any) -> None:
        classes["base_classes"].insert(0, _Answering)

    made = botocore.session.Session()
    made.register("creating-client-class", add_base)
    return made
