"""The log streams of a run's jobs in CloudWatch Logs, which SageMaker makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kit.aws.session import Aws
from kit.aws_api import LABELING_LOGS, TRAINING_LOGS, unless_missing
from kit.run import names


@dataclass(frozen=True)
class LogStream:
    """Named `<group>:<stream>`."""

    name: ClassVar[str] = "log-stream"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def delete(self, stream: str) -> None:
        group, _, name = stream.partition(":")
        unless_missing(self.aws.client("logs").delete_log_stream, logGroupName=group, logStreamName=name)

    def left(self, suffix: str) -> list[str]:
        return [f"{group}:{stream}" for group in (TRAINING_LOGS, LABELING_LOGS) for stream in self._of(group, suffix)]

    def _of(self, group: str, suffix: str) -> list[str]:
        """Streams begin with the job's name, and the job's with the run's."""
        found = unless_missing(
            self.aws.client("logs").describe_log_streams,
            logGroupName=group,
            logStreamNamePrefix=f"{names.resource(suffix)}-",
        )
        return [stream["logStreamName"] for stream in found["logStreams"]] if found else []
