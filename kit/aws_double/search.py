"""SageMaker's Search, by tags and by members of training jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kit.aws_double.tags import Tags, listed
from kit.local_cloud.service_model import client_error

_TAGS = "Tags."
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda there, wanted: there == wanted,
    "NotEquals": lambda there, wanted: there != wanted,
    "Contains": lambda there, wanted: there is not None and wanted in there,
    "Exists": lambda there, _: there is not None,
    "NotExists": lambda there, _: there is None,
}


class Search:
    """The verb.

    Args:
        training_jobs: all of them, as DescribeTrainingJob answers.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, training_jobs: Callable[[], Iterable[Mapping[str, Any]]], tags: Tags) -> None:
        self._training_jobs = training_jobs
        self._tags = tags
        self.operations: dict[str, Callable[..., Mapping[str, Any]]] = {"Search": self._search}

    def _search(self, *, Resource: str, SearchExpression: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        expression = SearchExpression or {}
        if Resource != "TrainingJob" or expression.keys() - {"Filters", "Operator"}:
            raise _refused("The double searches training jobs only, by Filters.")
        filters = expression.get("Filters", [])
        fits = any if expression.get("Operator") == "Or" and filters else all
        found = [
            {"TrainingJob": {**job, "Tags": listed(self._tags.of(job["TrainingJobArn"]))}}
            for job in self._training_jobs()
            if fits(self._fits(job, each) for each in filters)
        ]
        return {"Results": found}

    def _fits(self, job: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
        name, operator = wanted["Name"], wanted.get("Operator", "Equals")
        if operator not in _OPERATORS:
            raise _refused(f"The double does not know the operator {operator}.")
        tags = self._tags.of(job["TrainingJobArn"])
        there = tags.get(name.removeprefix(_TAGS)) if name.startswith(_TAGS) else job.get(name)
        return _OPERATORS[operator](there, wanted.get("Value"))


def _refused(message: str) -> Exception:
    return client_error("Search", "ValidationException", message)
