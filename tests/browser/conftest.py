"""The browser, headless, and where its screenshots go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import EXECUTABLE
from tests.end_to_end import command

# For a machine that is busy with other things; Playwright itself waits five seconds.
expect.set_options(timeout=60_000)

OUTPUT = Path(__file__).resolve().parents[2] / "test-output" / "browser"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for a module: Playwright's loop must be gone before other tests want one of their own."""
    with sync_playwright() as playwright:
        # No sandbox, because root, as whom CI runs, cannot have it; the pages are the kit's own.
        browser = playwright.chromium.launch(
            executable_path=EXECUTABLE, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder that screenshots are left in: `test-output/browser/`."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return OUTPUT


@pytest.fixture
def comparison(rehearsal: Path, tmp_path: Path) -> Path:
    """The page of two runs: the rehearsal, and a copy of it under another name."""
    run = command.latest(rehearsal)
    for name in (run.name, f"{run.name}-2"):
        shutil.copytree(run, tmp_path / "runs" / name, ignore=shutil.ignore_patterns("cloud"))
    done = command.kit("compare", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "runs" / f"compare-{run.name}-{run.name}-2.html"
