"""The kit's pages as axe-core sees them (https://github.com/dequelabs/axe-core): nothing on them keeps people out."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.chromium import needs_chromium
from tests.browser.test_report import DESKTOP, PHONE
from tests.end_to_end import command

pytestmark = needs_chromium

LOOKS = [("light", DESKTOP), ("dark", PHONE)]


def violations(page: Page) -> list[str]:
    return [
        f"{found['id']}: {found['help']}: {node['html'][:120]}"
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=["light", "dark, on a phone"])
def test_the_report(chromium: Browser, rehearsal: Path, scheme: str, size: dict[str, int]) -> None:
    with chromium.new_context(viewport=size, color_scheme=scheme, offline=True) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto((command.latest(rehearsal) / "report.html").as_uri())
        assert violations(page) == []
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert violations(page) == [], "with all that can be opened"
        page.locator("#held-out .open").first.click()
        assert violations(page) == [], "with a picture opened large"


@pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=["light", "dark, on a phone"])
def test_the_comparison(chromium: Browser, comparison: Path, scheme: str, size: dict[str, int]) -> None:
    with chromium.new_context(viewport=size, color_scheme=scheme, offline=True) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(comparison.as_uri())
        assert violations(page) == []


def test_the_check_sees_what_is_wrong(chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content('<html lang="en"><title>t</title><main><h1>t</h1><img src="data:,"></main></html>')
        assert [found.partition(":")[0] for found in violations(page)] == ["image-alt"]
