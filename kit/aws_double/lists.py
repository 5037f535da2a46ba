"""What lists have in common: they are narrowed, sorted, and given a page at a time.

Filters and defaults: botocore's model of SageMaker, whose documentation says of most lists that `MaxResults` is 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kit.aws_double.wire import Call, operation_model
from kit.local_cloud.service_model import client_error

_PAGE = 10
# Lists whose pages are longer when nothing is said.
_PAGES = {"ListTags": 50, "ListServiceQuotas": 100, "ListAWSDefaultServiceQuotas": 100, "GetProducts": 100}
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda there, wanted: wanted.lower() in there.lower(),
    "StatusEquals": lambda there, wanted: there == wanted,
    "CreationTimeAfter": lambda there, wanted: there >= wanted,
    "CreationTimeBefore": lambda there, wanted: there <= wanted,
}
_MEMBERS = {
    "NameContains": "Name",
    "StatusEquals": "Status",
    "CreationTimeAfter": "CreationTime",
    "CreationTimeBefore": "CreationTime",
}
# Members of requests that are seen to here.
NARROWING = frozenset(_TESTS) | {"SortBy", "SortOrder", "MaxResults", "NextToken"}


def is_list(call: Call) -> bool:
    """Whether the operation answers with pages."""
    shape = operation_model(call).output_shape
    return shape is not None and "NextToken" in shape.members


def page_of(call: Call, request: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a whole list that is asked for.

    Raises:
        ClientError: ValidationException for a token of no answer before.
    """
    member = next(name for name, value in answer.items() if isinstance(value, list))
    entries = [entry for entry in answer[member] if not isinstance(entry, dict) or _fits(call, entry, request)]
    if "SortBy" in request or "SortOrder" in request:
        ending = "Name" if request.get("SortBy") == "Name" else "CreationTime"
        entries.sort(key=lambda entry: _value(call, entry, ending), reverse=request.get("SortOrder") == "Descending")
    begin = _begin(call, request.get("NextToken"), len(entries))
    end = begin + request.get("MaxResults", _PAGES.get(call.operation, _PAGE))
    more = {"NextToken": str(end)} if end < len(entries) else {}
    return {**answer, member: entries[begin:end], **more}


def _begin(call: Call, token: str | None, count: int) -> int:
    if token is None:
        return 0
    if not token.isdecimal() or int(token) > count:
        raise client_error(call.operation, "ValidationException", "Invalid NextToken.")
    return int(token)


def _fits(call: Call, entry: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    for name, test in _TESTS.items():
        if name in request:
            there = _value(call, entry, _MEMBERS[name])
            wanted = request[name]
            if isinstance(there, datetime):
                wanted = datetime.fromtimestamp(wanted, there.tzinfo)
            if there is None or not test(there, wanted):
                return False
    return True


def _value(call: Call, entry: Mapping[str, Any], ending: str) -> Any:
    """A summary's name, status or time of creation; the first two are mostly called after its kind."""
    kind = call.operation.removeprefix("List").removesuffix("s")
    named = (f"{kind}{ending}", ending, *(("CreateDate",) if ending == "CreationTime" else ()))
    return next((entry[name] for name in named if name in entry), None)
