"""The region's private workforce: there can be one, and it may be somebody else's, which stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kit.aws.session import Aws
from kit.aws_api import tag_list, unless_missing
from kit.errors import ServiceError
from kit.language import _
from kit.resources.waiting import wait_while
from kit.run import names
from kit.run.journal import Journal

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Workforce.html, Status
_COMING = ("Initializing", "Updating")
_PATIENCE_SECONDS = 900


@dataclass(frozen=True)
class Workforce:
    name: ClassVar[str] = "workforce"
    stands_on: ClassVar[tuple[str, ...]] = ("user-pool",)
    aws: Aws
    poll_seconds: float = 10.0

    def existing(self) -> Mapping[str, Any] | None:
        """The one that there is, by whomever."""
        found = self.aws.client("sagemaker").list_workforces()["Workforces"]
        return found[0] if found else None

    def make(self, journal: Journal, workforce: str, pool: str, client: str) -> None:
        """Of the people of a Cognito user pool, who sign in by its client."""
        journal.will_create(self.name, workforce)
        self.aws.client("sagemaker").create_workforce(
            WorkforceName=workforce,
            CognitoConfig={"UserPool": pool, "ClientId": client},
            Tags=tag_list(names.tags(journal.run_id)),
        )

    def wait_until_active(self, workforce: str) -> None:
        """Raises ServiceError when it fails, or takes longer than a quarter of an hour."""
        todo = _("run `make cloud-clean`, then try again")
        wait_while(
            lambda: status if (status := self._status(workforce)) in _COMING else None,
            what=_("Workforce {name}").format(name=workforce),
            seconds=_PATIENCE_SECONDS,
            poll_seconds=self.poll_seconds,
            todo=todo,
        )
        found = self.aws.client("sagemaker").describe_workforce(WorkforceName=workforce)["Workforce"]
        if found.get("Status", "Active") != "Active":
            raise ServiceError(
                _("Workforce {name} is {status} ({reason}); {todo}.").format(
                    name=workforce,
                    status=found["Status"],
                    reason=found.get("FailureReason", _("no reason given")),
                    todo=todo,
                )
            )

    def delete(self, workforce: str) -> None:
        if unless_missing(self.aws.client("sagemaker").delete_workforce, WorkforceName=workforce) is None:
            return
        wait_while(
            lambda: self._status(workforce),
            what=_("Workforce {name}").format(name=workforce),
            seconds=_PATIENCE_SECONDS,
            poll_seconds=self.poll_seconds,
            todo=_("run `make cloud-clean` again later"),
        )

    def left(self, suffix: str) -> list[str]:
        found = self.aws.client("sagemaker").list_workforces(NameContains=suffix)["Workforces"]
        return [workforce["WorkforceName"] for workforce in found]

    def _status(self, workforce: str) -> str | None:
        found = unless_missing(self.aws.client("sagemaker").describe_workforce, WorkforceName=workforce)
        return None if found is None else str(found["Workforce"].get("Status", "Active"))
