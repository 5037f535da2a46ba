"""What many tests share: LocalStack, a whole rehearsal, and a word at the end about what could not be tested."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.groups import group_of, is_in_containers
from tests.s3_fixtures import bucket, s3  # noqa: F401 - fixtures

# The detector's tests run in its own environment, without the kit: nothing of it may be imported up here.
if TYPE_CHECKING:
    from kit.local_cloud.s3.localstack import LocalStack

# Tests read English, whatever the developer's locale.
os.environ["LANG_UI"] = "en"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Makes `--dist loadscope` go by `group_of`.

    `--dist loadgroup`, which is made for this, groups nothing: xdist 3.8 cannot add a group to the names of pytest 9.
    """
    if config.getoption("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class LoadGroups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return LoadGroups(config, log)


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    from kit.local_cloud import environments
    from kit.local_cloud.s3.localstack import LocalStack

    with LocalStack(environments.LOCALSTACK, tmp_path_factory.mktemp("localstack")) as running:
        yield running


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole `kit local` with the default settings."""
    from tests.end_to_end import command

    folder = tmp_path_factory.mktemp("rehearsal")
    done = command.kit("local", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout + done.stderr)
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says loudly when what needs a container engine or a browser was not tested."""
    skipped = terminalreporter.stats.get("skipped", [])
    for what, reports in (
        ("CONTAINERS", [r for r in skipped if is_in_containers(r.nodeid)]),
        ("THE BROWSER", [r for r in skipped if r.nodeid.startswith("tests/browser/")]),
    ):
        if reports:
            terminalreporter.section(f"{len(reports)} TESTS OF {what} DID NOT RUN", sep="!", red=True, bold=True)
            for reason in sorted({report.longrepr[2] for report in reports}):
                terminalreporter.line(reason)
