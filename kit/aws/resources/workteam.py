"""The private work team of a run: a group of users of the workforce's pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kit.aws.session import Aws
from kit.aws_api import tag_list
from kit.run import names
from kit.run.journal import Journal


@dataclass(frozen=True)
class Workteam:
    name: ClassVar[str] = "workteam"
    stands_on: ClassVar[tuple[str, ...]] = ("workforce", "user-group")
    aws: Aws

    def existing(self) -> Mapping[str, Any] | None:
        """A private team that is there already, by whomever."""
        found = self.aws.client("sagemaker").list_workteams(MaxResults=1)["Workteams"]
        return found[0] if found else None

    def make(self, journal: Journal, workteam: str, workforce: str, member: Mapping[str, str]) -> Mapping[str, Any]:
        """Makes it, or finds the one that an earlier attempt made; returns it as DescribeWorkteam does.

        Args:
            member: a CognitoMemberDefinition.
        """
        sagemaker = self.aws.client("sagemaker")
        found = self._find(workteam)
        if found is not None:
            return found
        journal.will_create(self.name, workteam)
        sagemaker.create_workteam(
            WorkteamName=workteam,
            WorkforceName=workforce,
            MemberDefinitions=[{"CognitoMemberDefinition": dict(member)}],
            Description=f"Labels the pictures of the workshop run {journal.run_id}",
            Tags=tag_list(names.tags(journal.run_id)),
        )
        made: Mapping[str, Any] = sagemaker.describe_workteam(WorkteamName=workteam)["Workteam"]
        return made

    def delete(self, workteam: str) -> None:
        if self._find(workteam) is not None:
            self.aws.client("sagemaker").delete_workteam(WorkteamName=workteam)

    def left(self, suffix: str) -> list[str]:
        found = self.aws.client("sagemaker").list_workteams(NameContains=suffix)["Workteams"]
        return [workteam["WorkteamName"] for workteam in found]

    def _find(self, workteam: str) -> Mapping[str, Any] | None:
        """By listing: in which words DescribeWorkteam says that there is none is not documented."""
        for page in self.aws.client("sagemaker").get_paginator("list_workteams").paginate(NameContains=workteam):
            for found in page["Workteams"]:
                if found["WorkteamName"] == workteam:
                    team: Mapping[str, Any] = found
                    return team
        return None
