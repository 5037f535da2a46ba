"""Who is asked about in a simulation of permissions."""

import pytest

from kit.aws import permissions
from kit.aws.preflight import _who


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
