"""Bad days on request: errors in place of answers, and answers with other members."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from kit.local_cloud.service_model import client_error

_CREDENTIALS = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId")


class Faults:
    """The faults that were asked for, each a JSON object:

        {"operation": "CreateTrainingJob", "code": "ResourceLimitExceeded", "message": "…", "times": 1}
        {"operation": "DescribeEndpoint", "answer": {"EndpointStatus": "Failed"}, "when": {"EndpointStatus": "…"}}

        {"operation": "CreateLabelingJob", "then": "StopLabelingJob"}: nobody will have labelled anything
        {"operation": "CreateApp", "then": "Failed"}: that is what it comes to
        {"operation": "CreateUserPool", "code": "…", "status": 500, "after": true}: it is done, and its answer is lost

    `operation` may be "*". `times` is how often it happens; without it, always. `answer` members replace those of the
    true answer, where all members of `when` are as given.
    """

    def __init__(self) -> None:
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, fault: Mapping[str, Any]) -> None:
        with self._lock:
            self._faults.append(dict(fault))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def refuse(self, operation: str) -> None:
        """Raises the ClientError that is asked for before the operation is done, if one is."""
        self._refuse(operation, after=False)

    def lose(self, operation: str) -> None:
        """Raises the ClientError that is asked for in place of the answer, if one is."""
        self._refuse(operation, after=True)

    def _refuse(self, operation: str, *, after: bool) -> None:
        fault = self._take(operation, lambda fault: "code" in fault and fault.get("after", False) is after)
        if fault is not None:
            code = fault["code"]
            status = 403 if code.startswith("AccessDenied") or code in _CREDENTIALS else 400
            raise client_error(
                operation, code, fault.get("message", "As asked for."), status=fault.get("status", status)
            )

    def distort(self, operation: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer with the members that are asked for."""

        def fits(fault: Mapping[str, Any]) -> bool:
            when = fault.get("when", {})
            return "answer" in fault and all(answer.get(name) == value for name, value in when.items())

        fault = self._take(operation, fits)
        return answer if fault is None else {**answer, **fault["answer"]}

    def follow(self, operation: str) -> str | None:
        """Carries out the fault that was asked for after this operation, if any."""
        fault = self._take(operation, lambda fault: "then" in fault)
        return None if fault is None else str(fault["then"])

    def _take(self, operation: str, fits: Any) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if fault["operation"] in (operation, "*") and fault.get("times", 1) > 0 and fits(fault):
                    if "times" in fault:
                        fault["times"] -= 1
                    return fault
        return None
