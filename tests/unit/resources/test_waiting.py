"""Waits end, and one that does not says what it waited for, how it stands and what to do."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.errors import ServiceError
from kit.resources import registry
from kit.resources.waiting import wait_while
from tests.unit.stages.contexts import context_in


def test_it_looks_until_nothing_is_pending() -> None:
    statuses = iter(["Creating", "Creating", None])
    wait_while(lambda: next(statuses), what="It", seconds=60, poll_seconds=0, todo="wait")
    assert list(statuses) == []


def test_past_the_deadline_it_tells_the_last_status() -> None:
    with pytest.raises(ServiceError) as caught:
        wait_while(lambda: "Creating", what="Endpoint x", seconds=0, poll_seconds=0, todo="try again later")
    assert str(caught.value) == "Endpoint x is still Creating after 0 s; try again later."


class StuckSageMaker:
    """AWS on a bad day: whatever is to go says that it is going, and stays."""

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"EndpointStatus": "Deleting"}

    def describe_labeling_job(self, **_: Any) -> dict[str, Any]:
        return {"LabelingJobStatus": "Stopping"}

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return {"TrainingJobStatus": "Stopping"}

    def __getattr__(self, name: str) -> Any:
        return lambda **_: {}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("endpoint", "Endpoint x is still Deleting"),
        ("labeling-job", "Labelling job x is still Stopping"),
        ("training-job", "Training job x is still Stopping"),
    ],
)
def test_what_does_not_go_is_not_waited_for_for_ever_and_stays_in_the_ledger(
    tmp_path: Path, kind: str, said: str
) -> None:
    context = context_in(tmp_path)
    stuck: Any = StuckSageMaker()
    api = dataclasses.replace(context.api, sagemaker=stuck, endpoint_seconds=0.0, deletion_seconds=0.0)
    context.journal.will_create(kind, "x")
    (resource,) = context.journal.existing()
    with pytest.raises(ServiceError, match=said):
        registry.delete(api, context.journal, resource)
    assert context.journal.existing() == [resource]


class EmptySageMaker:
    """AWS on which nothing is left."""

    def __getattr__(self, name: str) -> Any:
        def missing(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find it."}}, name)

        return missing


@pytest.mark.parametrize("kind", ["endpoint", "endpoint-config", "model", "labeling-job", "training-job"])
def test_what_is_gone_already_is_entered_as_gone(tmp_path: Path, kind: str) -> None:
    context = context_in(tmp_path)
    empty: Any = EmptySageMaker()
    context.journal.will_create(kind, "x")
    (resource,) = context.journal.existing()
    registry.delete(dataclasses.replace(context.api, sagemaker=empty), context.journal, resource)
    assert context.journal.existing() == []
