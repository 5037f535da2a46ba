"""The group of a run's workers in a Cognito user pool.

In the ledger only where the pool is somebody else's: with a pool of the kit's own it goes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from botocore.exceptions import ClientError

from kit.aws.resources.user_pool import unless_unknown
from kit.aws.session import Aws
from kit.run.journal import Journal


@dataclass(frozen=True)
class UserGroup:
    """Named `<pool>/<group>` in the ledger."""

    name: ClassVar[str] = "user-group"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def enter(self, journal: Journal, pool: str, group: str) -> None:
        """To be called before it is made, for a pool that stays."""
        journal.will_create(self.name, f"{pool}/{group}")

    def make(self, pool: str, group: str) -> None:
        try:
            self.aws.client("cognito-idp").create_group(GroupName=group, UserPoolId=pool)
        except ClientError as error:
            if error.response["Error"]["Code"] != "GroupExistsException":
                raise

    def delete(self, place: str) -> None:
        pool, group = place.split("/", 1)
        unless_unknown(self.aws.client("cognito-idp").delete_group, UserPoolId=pool, GroupName=group)

    def left(self, suffix: str) -> list[str]:  # noqa: ARG002 (the protocol's)
        """Nothing: groups are listed within a pool only, and the suffix does not say which."""
        return []
