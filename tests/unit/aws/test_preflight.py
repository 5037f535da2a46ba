"""Who is asked about in a simulation of permissions."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from kit.aws import permissions
from kit.aws.finding import PASS
from kit.aws.preflight import _who
from kit.aws.session import Aws
from kit.settings import CloudSettings


@pytest.mark.parametrize(
    ("caller", "principal", "who"),
    [
        ("arn:aws:iam::111122223333:user/hanako", "arn:aws:iam::111122223333:user/hanako", "user/hanako"),
        (
            "arn:aws:sts::111122223333:assumed-role/Student/hanako@example.org",
            "arn:aws:iam::111122223333:role/Student",
            "assumed-role/Student/hanako@example.org",
        ),
        ("arn:aws:iam::111122223333:root", None, "root"),
    ],
)
def test_the_principal_of_a_caller(caller: str, principal: str | None, who: str) -> None:
    assert permissions.principal(caller) == principal
    assert _who(caller) == who


class Iam:
    """IAM of an account whose people come by way of Identity Center: their roles have a path."""

    def get_role(self, *, RoleName: str) -> dict[str, dict[str, str]]:
        return {"Role": {"Arn": f"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/us-west-2/{RoleName}"}}

    def get_paginator(self, operation: str) -> Iam:
        assert operation == "simulate_principal_policy"
        return self

    def paginate(self, *, PolicySourceArn: str, ActionNames: list[str]) -> list[dict[str, list[dict[str, str]]]]:
        assert PolicySourceArn.endswith("role/aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_Student_1")
        return [{"EvaluationResults": [{"EvalActionName": name, "EvalDecision": "allowed"} for name in ActionNames]}]


def test_callers_from_identity_center_are_asked_about_by_their_true_arn() -> None:
    class Account(Aws):
        def client(self, service: str, region: str | None = None) -> Any:
            assert service == "iam"
            return Iam()

    caller = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Student_1/hanako"
    aws = Account(boto3.Session(), "us-west-2", "111122223333", caller, "")
    (finding,) = permissions.of_the_caller(aws, CloudSettings())
    assert finding.status == PASS
