"""The verbs of CloudWatch Logs over log files."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.records import Records
from kit.local_cloud.training.logs import JobLog, TrainingLogs

GROUP = "/aws/sagemaker/TrainingJobs"
STREAM = "job/algo-1-1795000000"


@pytest.fixture
def log(tmp_path: Path) -> JobLog:
    (tmp_path / "job").mkdir()
    return JobLog(tmp_path / "job" / "training.log")


@pytest.fixture
def logs(tmp_path: Path) -> TrainingLogs:
    jobs = Records(tmp_path)
    created = datetime(2026, 11, 22, tzinfo=timezone.utc)
    for name in ("job", "job-2"):
        jobs.add(name, {"TrainingJobName": name, "LogStreamName": f"{name}/{STREAM[4:]}", "CreationTime": created})
    return TrainingLogs(jobs, tmp_path)


def write(log: JobLog, content: bytes) -> None:
    """As the job does, and whoever runs it notes it."""
    write_unseen(log, content)
    log.note()


def write_unseen(log: JobLog, content: bytes) -> None:
    with log.path.open("ab") as file:
        file.write(content)


def read(logs: TrainingLogs, token: str | None = None, **options: Any) -> tuple[list[str], str]:
    answer = logs.get_log_events(
        logGroupName=GROUP, logStreamName=STREAM, startFromHead=True, nextToken=token, **options
    )
    return [event["message"] for event in answer["events"]], answer["nextForwardToken"]


def test_only_whole_lines_are_events_until_the_log_is_finished(logs: TrainingLogs, log: JobLog) -> None:
    write(log, b"one\r\ntwo\n\nthr")
    messages, token = read(logs)
    assert messages == ["one", "two", ""]
    assert read(logs, token) == ([], token)
    write(log, "ée \xe9".encode("latin-1"))
    assert read(logs, token) == ([], token)
    log.finish()
    messages, end = read(logs, token)
    assert messages == ["thr\ufffde \ufffd"]
    assert read(logs, end) == ([], end)


def test_a_line_without_end_does_not_stop_the_reader(logs: TrainingLogs, log: JobLog) -> None:
    write(log, b"x" * 2_500_000 + b"\nafter\n")
    messages, token = [], None
    while True:
        more, next_token = read(logs, token)
        messages += more
        if next_token == token:
            break
        token = next_token
    assert "".join(messages) == "x" * 2_500_000 + "after"
    assert messages[-1] == "after"


def test_times_are_when_a_part_was_first_seen(logs: TrainingLogs, log: JobLog) -> None:
    write(log, b"one\n")
    write(log, b"two\nthree\n")
    log.note()
    (_, first), (_, second) = log.times()
    answer = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True)
    assert [event["timestamp"] for event in answer["events"]] == [first, second, second]


def test_a_line_that_nobody_noted_yet_is_not_read_ahead_of_its_time(logs: TrainingLogs, log: JobLog) -> None:
    write(log, b"one\n")
    write_unseen(log, b"two\nthree\n")
    messages, token = read(logs)
    assert messages == ["one"]
    assert read(logs, token) == ([], token)
    log.note()
    assert read(logs, token)[0] == ["two", "three"]


def test_times_do_not_go_back_with_the_clock(log: JobLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for nanoseconds in (1795978158_018_000_000, 1795978150_000_000_000, 1795978158_500_000_000):
        monkeypatch.setattr("kit.local_cloud.training.logs.time.time_ns", lambda now=nanoseconds: now)
        write(log, b"line\n")
    assert [moment for _, moment in log.times()] == [1795978158018, 1795978158018, 1795978158500]


def test_streams_are_found_by_prefix_once_they_exist(logs: TrainingLogs, log: JobLog) -> None:
    assert logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="job/") == {"logStreams": []}
    write(log, b"one\n")
    (stream,) = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="job")["logStreams"]
    assert stream["logStreamName"] == STREAM
    assert logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="job-2/") == {"logStreams": []}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"logGroupName": "/aws/lambda/other"}, "ResourceNotFoundException"),
        ({"logStreamName": "job/algo-1-1"}, "ResourceNotFoundException"),
        ({"logStreamName": "../job/training.log"}, "ResourceNotFoundException"),
        ({"nextToken": "f/99"}, "InvalidParameterException"),
        ({"nextToken": "f/-1"}, "InvalidParameterException"),
        ({"nextToken": "from elsewhere"}, "InvalidParameterException"),
    ],
)
def test_what_is_not_there_is_told_as_aws_does(
    logs: TrainingLogs, log: JobLog, changes: dict[str, Any], code: str
) -> None:
    write(log, b"one\n")
    with pytest.raises(ClientError) as caught:
        logs.get_log_events(**{"logGroupName": GROUP, "logStreamName": STREAM, **changes})
    assert caught.value.response["Error"]["Code"] == code
