"""Judges requests as AWS would, by botocore's own service models, and words refusals as AWS does.

botocore's ParamValidator, which boto3 runs before it sends anything, knows missing and unknown members, types
and minima. What only the service itself checks (pattern, enum, maxima) is walked here over the same shapes.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from botocore.validate import ParamValidator


def validate_request(service: str, operation: str, request: Mapping[str, Any]) -> None:
    """Refuses a request that AWS would refuse for its form.

    Args:
        service: botocore's name of the service, `sagemaker`.
        operation: the API's name of the operation, `CreateTrainingJob`.
        request: the keyword arguments of the boto3 call.

    Raises:
        ClientError: code ValidationException; the message lists everything that is wrong.
    """
    shape: Any = _operation_model(service, operation).input_shape
    report = ParamValidator().validate(request, shape)
    problems = (
        report.generate_report().splitlines() if report.has_errors() else list(_constraint_errors(request, shape, ""))
    )
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise client_error(operation, "ValidationException", f"{count}: {'; '.join(problems)}")


def client_error(operation: str, code: str, message: str, *, status: int = 400, **members: Any) -> ClientError:
    """The error that boto3 would raise; `members` are further members of the error's shape."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": str(uuid.uuid4()), "HTTPStatusCode": status, "RetryAttempts": 0},
        **members,
    }
    return ClientError(answer, operation)


def not_found(operation: str, what: str) -> ClientError:
    """A SageMaker operation on something that is not there; `what` as in `Labeling job "x"`.

    The code is ResourceNotFound for operations whose model declares it, ValidationException for the others.
    """
    return client_error(operation, _declared_code(operation, "ResourceNotFound"), f"{what} not found.")


def in_use(operation: str, what: str) -> ClientError:
    """A SageMaker operation whose name is taken; `what` as in `Labeling job "x"`.

    The code is ResourceInUse for operations whose model declares it, ValidationException for the others.
    """
    return client_error(operation, _declared_code(operation, "ResourceInUse"), f"{what} already exists.")


def _declared_code(operation: str, code: str) -> str:
    declared = _operation_model("sagemaker", operation).error_shapes
    return code if any(shape.name == code for shape in declared) else "ValidationException"


@functools.cache
def _operation_model(service: str, operation: str) -> OperationModel:
    return _service_model(service).operation_model(operation)


@functools.cache
def _service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _constraint_errors(value: Any, shape: Shape | None, path: str) -> Iterator[str]:
    """The violations of `shape`'s constraints in a value whose structure is known to fit."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from _constraint_errors(member, shape.members[name], _joined(path, name[0].lower() + name[1:]))
    elif isinstance(shape, ListShape):
        yield from _too_much(len(value), "length", value, shape, path)
        for index, item in enumerate(value, start=1):
            yield from _constraint_errors(item, shape.member, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        yield from _too_much(len(value), "length", value, shape, path)
        for key, item in value.items():
            yield from _constraint_errors(key, shape.key, f"{path}.key")
            yield from _constraint_errors(item, shape.value, f"{path}.{key}.member")
    elif isinstance(shape, StringShape):
        yield from _string_errors(value, shape, path)
    elif shape is not None and shape.type_name in ("integer", "long", "float", "double"):
        yield from _too_much(value, "value", value, shape, path)


def _string_errors(value: str, shape: StringShape, path: str) -> Iterator[str]:
    too_long = list(_too_much(len(value), "length", value, shape, path))
    yield from too_long
    if shape.enum and value not in shape.enum:
        yield _failed(value, shape, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = _compiled(shape.metadata.get("pattern", ".*"))
    if not too_long and pattern is not None and not pattern.fullmatch(value):
        yield _failed(value, shape, path, f"Member must satisfy regular expression pattern: {pattern.pattern}")


def _too_much(size: float, what: str, value: Any, shape: Shape, path: str) -> Iterator[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and size > maximum:
        yield _failed(value, shape, path, f"Member must have {what} less than or equal to {maximum}")


def _failed(value: Any, shape: Shape, path: str, constraint: str) -> str:
    shown = "" if shape.metadata.get("sensitive") else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""None for the few patterns of tags and user groups whose Java syntax (`\p{L}`) `re` does not have."""
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
