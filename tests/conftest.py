"""The real LocalStack, started once per session, and a word at the end about containers that were not tested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.s3_fixtures import bucket, s3  # noqa: F401 - fixtures

# The detector's tests run in its own environment, without the kit: nothing of it may be imported up here.
if TYPE_CHECKING:
    from kit.local_cloud.localstack import LocalStack


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    from kit.local_cloud import environments
    from kit.local_cloud.localstack import LocalStack

    with LocalStack(environments.LOCALSTACK, tmp_path_factory.mktemp("localstack")) as running:
        yield running


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
