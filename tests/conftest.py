"""The real LocalStack, started once per session, and a bucket for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# The detector's tests run in its own environment, without the kit: nothing of it may be imported up here.
if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.localstack import LocalStack


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    from kit.local_cloud import environments
    from kit.local_cloud.localstack import LocalStack

    with LocalStack(environments.LOCALSTACK, tmp_path_factory.mktemp("localstack")) as running:
        yield running


@pytest.fixture(scope="session")
def s3(localstack: LocalStack) -> S3Client:
    return localstack.client()


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """A bucket of the test's own."""
    name = f"jumpstart-finetune-handson-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says loudly when what runs in containers was not tested."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "[docker" in report.nodeid or report.nodeid.startswith("tests/containers/")
    ]
    if skipped:
        terminalreporter.section(f"{len(skipped)} TESTS OF CONTAINERS DID NOT RUN", sep="!", red=True, bold=True)
        for reason in sorted({report.longrepr[2] for report in skipped}):
            terminalreporter.line(reason)
