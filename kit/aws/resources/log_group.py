"""The log group of a run's endpoint in CloudWatch Logs, which SageMaker makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kit.aws.session import Aws
from kit.aws_api import ENDPOINT_LOGS, unless_missing
from kit.run import names


@dataclass(frozen=True)
class LogGroup:
    name: ClassVar[str] = "log-group"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def delete(self, group: str) -> None:
        unless_missing(self.aws.client("logs").delete_log_group, logGroupName=group)

    def left(self, suffix: str) -> list[str]:
        prefix = f"{ENDPOINT_LOGS}/{names.resource(suffix)}"
        groups = self.aws.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return [group["logGroupName"] for group in groups]
