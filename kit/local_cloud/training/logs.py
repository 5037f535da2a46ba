"""Training logs behind the verbs of CloudWatch Logs.

A job's log is the file that its process writes. Beside it, `<log>.times` says when each part of it was first seen:
lines of `<bytes so far> <milliseconds since 1970>`. As on AWS a line can be read a moment after it was written, here
once its time is noted: a time that a reader made up could be later than that of the line after it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.aws_api import TRAINING_LOGS
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.records import Record, Records
from kit.local_cloud.service_model import client_error

# What one answer of CloudWatch Logs holds at most.
_MAX_EVENTS = 10_000
_MAX_BYTES = 1_048_576


class JobLog:
    """The log of one job. Whoever runs the job calls `note` as it grows and `finish` when it will grow no more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._times = path.with_name(path.name + ".times")
        self._noted = 0
        self._moment = 0

    def note(self) -> None:
        size = self.size()
        if size > self._noted:
            # A clock that is set back in between does not put later lines before earlier ones.
            self._moment = max(self._moment, time.time_ns() // 1_000_000)
            with self._times.open("a", encoding="ascii") as times:
                times.write(f"{size} {self._moment}\n")
            self._noted = size

    def finish(self) -> None:
        """Ends a last line that the process was not given the time to end."""
        if self.size() > 0:
            with self.path.open("rb+") as log:
                log.seek(-1, 2)
                if log.read() != b"\n":
                    log.write(b"\n")
        self.note()

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def lines(self) -> Iterator[str]:
        """All whole lines from the first."""
        if self.path.exists():
            with self.path.open("rb") as log:
                for line in log:
                    yield _text(line)

    def times(self) -> list[tuple[int, int]]:
        """(bytes so far, milliseconds since 1970), ascending."""
        if not self._times.exists():
            return []
        rows = (line.split() for line in self._times.read_text(encoding="ascii").splitlines())
        return [(int(row[0]), int(row[1])) for row in rows]

    def read(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as log:
            log.seek(start)
            return log.read(end - start)


class TrainingLogs:
    """`describe_log_streams` and `get_log_events` as boto3's `logs` client has them, for the training jobs here.

    Args:
        jobs: the records of the training jobs, with TrainingJobName, LogStreamName and CreationTime.
        folder: holds `<job name>/training.log`.
    """

    def __init__(self, jobs: Records, folder: Path, place: Place = HERE) -> None:
        self._jobs = jobs
        self._folder = folder
        self._group_arn = f"arn:aws:logs:{place.region}:{place.account}:log-group:{TRAINING_LOGS}"

    def describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str = "") -> dict[str, Any]:
        """The log streams whose names begin with the prefix: one for each job that has begun to train.

        Raises:
            ClientError: ResourceNotFoundException for another log group.
        """
        _require_group("DescribeLogStreams", logGroupName)
        streams = [
            self._stream(record)
            for record in self._jobs.all()
            if record["LogStreamName"].startswith(logStreamNamePrefix)
        ]
        return {"logStreams": [stream for stream in streams if stream is not None]}

    def get_log_events(
        self,
        *,
        logGroupName: str,
        logStreamName: str,
        startFromHead: bool = False,
        nextToken: str | None = None,
        limit: int = _MAX_EVENTS,
    ) -> dict[str, Any]:
        """A piece of a stream: from nextToken when given, else from its head or (the default) from its tail.

        The forward token of an answer is the one that was given when there was nothing more to read.

        Raises:
            ClientError: ResourceNotFoundException when there is no such stream, InvalidParameterException for a
                token that did not come from here.
        """
        _require_group("GetLogEvents", logGroupName)
        log = self._log(logStreamName)
        if log is None or not log.path.exists():
            message = "The specified log stream does not exist."
            raise client_error("GetLogEvents", "ResourceNotFoundException", message)
        times = log.times()
        noted = times[-1][0] if times else 0
        forward, position = _position(nextToken, from_head=startFromHead, end=noted)
        if forward:
            lines = _whole_lines(log.read(position, min(position + _MAX_BYTES, noted)), position)[:limit]
        else:
            start = max(0, position - _MAX_BYTES)
            # The first piece may be the end of a line that begins before it.
            lines = _whole_lines(log.read(start, position), start)[1 if start else 0 :][-limit:]
        first, last = (lines[0][0], lines[-1][1]) if lines else (position, position)
        return {
            "events": _events(lines, times),
            "nextForwardToken": f"f/{last}",
            "nextBackwardToken": f"b/{first}",
        }

    def _log(self, stream: str) -> JobLog | None:
        record = self._jobs.get(stream.split("/", 1)[0])
        if record is None or record["LogStreamName"] != stream:
            return None
        return JobLog(self._folder / record["TrainingJobName"] / "training.log")

    def _stream(self, record: Record) -> dict[str, Any] | None:
        name = record["LogStreamName"]
        log = self._log(name)
        if log is None or not log.path.exists():
            return None
        stream = {
            "logStreamName": name,
            "creationTime": int(record["CreationTime"].timestamp() * 1000),
            "arn": f"{self._group_arn}:log-stream:{name}",
            "storedBytes": 0,  # as on AWS, where it has been zero for streams since 2019
        }
        times = log.times()
        if times:
            first, last = times[0][1], times[-1][1]
            stream |= {"firstEventTimestamp": first, "lastEventTimestamp": last, "lastIngestionTime": last}
        return stream


def _require_group(operation: str, group: str) -> None:
    if group != TRAINING_LOGS:
        raise client_error(operation, "ResourceNotFoundException", "The specified log group does not exist.")


def _position(token: str | None, *, from_head: bool, end: int) -> tuple[bool, int]:
    """Whether to read forward, and from which byte."""
    if token is None:
        return (True, 0) if from_head else (False, end)
    direction, _, position = token.partition("/")
    if direction not in ("f", "b") or not position.isdecimal() or int(position) > end:
        raise client_error("GetLogEvents", "InvalidParameterException", "The specified nextToken is invalid.")
    return direction == "f", int(position)


def _whole_lines(data: bytes, start: int) -> list[tuple[int, int, str]]:
    """(first byte, byte after, text) of every ended line; what fills a whole answer without an end counts as one."""
    *ended, rest = data.split(b"\n")
    if not ended and len(rest) == _MAX_BYTES:
        return [(start, start + len(rest), _text(rest))]
    lines = []
    for line in ended:
        end = start + len(line) + 1
        lines.append((start, end, _text(line)))
        start = end
    return lines


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")


def _events(lines: list[tuple[int, int, str]], times: list[tuple[int, int]]) -> list[dict[str, Any]]:
    sizes = [size for size, _ in times]
    moments = [times[bisect_left(sizes, end)][1] for _, end, _ in lines]
    return [
        {"timestamp": moment, "message": text, "ingestionTime": moment}
        for moment, (_, _, text) in zip(moments, lines, strict=True)
    ]
