"""A user of a Cognito user pool whom the kit invited to label."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from kit.aws.resources.user_pool import unless_unknown
from kit.aws.session import Aws
from kit.run import names
from kit.run.journal import Journal


@dataclass(frozen=True)
class Worker:
    """Named `<pool>/<user>` in the ledger."""

    name: ClassVar[str] = "worker"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def make(self, journal: Journal, pool: str, group: str, email: str, *, of_the_run: bool) -> None:
        """Makes a user unless there is one, to whom Cognito mails how to sign in, and puts them into the group.

        Users bear no tags: in a pool that is not the kit's their name tells the run. A user who was there before is not
        the kit's, and stays.

        Args:
            of_the_run: whether the pool is the run's own, and goes with all who are in it.
        """
        user = email
        if not self._is_there(pool, email):
            # A pool in which the e-mail address is an alias would not take one as a user's name either.
            token = hashlib.sha256(email.encode()).hexdigest()[:12]
            user = email if of_the_run else names.worker(journal.run_id, token)
            if not self._is_there(pool, user):
                self._create(journal, pool, user, email)
        self.aws.client("cognito-idp").admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)

    def delete(self, place: str) -> None:
        pool, user = place.split("/", 1)
        unless_unknown(self.aws.client("cognito-idp").admin_delete_user, UserPoolId=pool, Username=user)

    def left(self, suffix: str) -> list[str]:  # noqa: ARG002 (the protocol's)
        """Nothing: users bear no run's name."""
        return []

    def _create(self, journal: Journal, pool: str, user: str, email: str) -> None:
        journal.will_create(self.name, f"{pool}/{user}")
        self.aws.client("cognito-idp").admin_create_user(
            UserPoolId=pool,
            Username=user,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
        )

    def _is_there(self, pool: str, user: str) -> bool:
        found = unless_unknown(self.aws.client("cognito-idp").admin_get_user, UserPoolId=pool, Username=user)
        return found is not None
