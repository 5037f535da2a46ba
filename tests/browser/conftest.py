"""The browser, headless, and where its screenshots go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import EXECUTABLE

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
