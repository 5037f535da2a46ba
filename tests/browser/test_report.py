"""The report in a real browser, from disk, with the network off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import needs_chromium
from tests.end_to_end import command

pytestmark = needs_chromium

SECTIONS = (
    "Did it work?",
    "How good is it?",
    "What now?",
    "Held-out pictures",
    "Scores",
    "Training",
    "Labels",
    "Time per stage",
    "Latency",
    "Created and deleted",
    "Settings",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Opened:
    """The report in a tab, and all that the tab asked for or complained about."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def report(chromium: Browser, rehearsal: Path) -> Iterator[Opened]:
    with chromium.new_context(viewport=DESKTOP, offline=True) as context:
        opened = Opened(context.new_page(), (command.latest(rehearsal) / "report.html").as_uri())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(opened.address)
        yield opened


def test_it_opens_from_disk_shows_every_section_and_asks_for_nothing(report: Opened) -> None:
    headings = report.page.get_by_role("heading", level=2)
    assert headings.all_inner_texts() == list(SECTIONS)
    for heading in headings.all():
        heading.scroll_into_view_if_needed()
        expect(heading).to_be_visible()
    shown = report.page.locator("#held-out > li:visible")
    assert shown.count() == 65
    figures = report.page.locator(".plot svg").all()
    assert figures
    for figure in figures:
        assert (figure.bounding_box() or {"height": 0})["height"] > 50
    assert [url for url in report.requests if not url.startswith("data:")] == [report.address]
    assert report.complaints == []


def test_the_page_may_not_ask_the_network_for_anything(report: Opened) -> None:
    refused = report.page.evaluate(
        """() => new Promise(done => {
            document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
            new Image().src = "http://127.0.0.1:9/picture.png";
        })"""
    )
    assert refused == "img-src"


def test_light_dark_and_phone(report: Opened, screenshots: Path) -> None:
    page = report.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=screenshots / f"report-{scheme}.jpg", full_page=True)
        ink, plot = page.evaluate(
            """() => [getComputedStyle(document.body).color,
                      getComputedStyle(document.querySelector(".plot svg text")).fill]"""
        )
        assert ink == plot, "plots are written in the colour of the text"
        assert brightness(ink) < 60 if scheme == "light" else brightness(ink) > 200
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.screenshot(path=screenshots / "report-phone.jpg", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing sticks out"
    sizes = page.locator("p, caption, figcaption, .cut, dd").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(sizes) >= 12.8


def brightness(colour: str) -> float:
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_pictures_are_filtered_by_score_and_class_with_the_keyboard(report: Opened) -> None:
    page = report.page
    slider, tally = page.get_by_role("slider", name="Lowest score:"), page.locator("#tally")
    chosen = float(slider.input_value())
    before = tally.inner_text()
    assert before.startswith("Pictures: 65. ")
    slider.focus()
    page.keyboard.press("End")
    assert slider.input_value() == "0.99"
    assert numbers(tally.inner_text())["right"] == 0
    assert page.locator("#held-out .found .box:visible").count() == 0
    page.keyboard.press("Home")
    assert numbers(tally.inner_text())["right"] >= numbers(before)["right"]
    page.get_by_role("button", name="Reset").press("Enter")
    assert (float(slider.input_value()), tally.inner_text()) == (chosen, before)
    page.get_by_role("combobox", name="Class", exact=True).select_option("usb-c")
    expect(page.locator('#held-out .box:visible:not([data-class="usb-c"])')).to_have_count(0)
    assert 0 < page.locator("#held-out > li:visible").count() < 65


def test_pictures_and_table_count_the_same(report: Opened) -> None:
    tally = numbers(report.page.locator("#tally").inner_text())
    cells = [
        [int(text or 0) for text in row.locator("td").all_inner_texts()]
        for row in report.page.locator(".confusion tbody tr").all()
    ]
    right = sum(cells[index][index] for index in range(len(cells)))
    assert tally["right"] == right
    assert tally["wrong"] == sum(sum(row[:-1]) for row in cells) - right
    assert tally["missed"] == sum(row[-1] for row in cells[:-1]) + sum(sum(row[:-1]) for row in cells[:-1]) - right


def test_dashed_is_the_truth_and_filled_is_a_mistake(report: Opened) -> None:
    look = """boxes => boxes.map(box => {
        const style = getComputedStyle(box.querySelector(".line"));
        return `${style.strokeDasharray !== "none"} ${style.fill !== "none"}`;
    })"""
    looks = {
        selector: set(report.page.locator(selector).evaluate_all(look))
        for selector in (
            ".pair .true .box:not(.missed)",
            ".pair .true .box.missed",
            ".pair .found .box:not(.wrong)",
            ".pair .found .box.wrong",
        )
    }
    assert list(looks.values()) == [{"true false"}, {"true true"}, {"false false"}, {"false true"}]


def test_the_sentence_above_the_pictures_follows_the_slider(report: Opened) -> None:
    slider, sentence = report.page.get_by_role("slider", name="Lowest score:"), report.page.locator("#from")
    made = sentence.inner_text()
    assert slider.input_value() in made
    assert "where F1 is best" in made
    slider.press("End")
    assert sentence.inner_text() == "Shown from score 0.99 up, as the slider stands."
    report.page.get_by_role("button", name="Reset").click()
    assert sentence.inner_text() == made


@pytest.mark.parametrize("lowest", ["0.05", "0.5"])
def test_no_caption_covers_another(report: Opened, lowest: str) -> None:
    report.page.locator("#threshold").evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')) }", lowest
    )
    covered = """svgs => svgs.flatMap(svg => {
        const places = [...svg.querySelectorAll(".tag")].map(tag => tag.getBoundingClientRect());
        return places.filter(place => place.width).flatMap((one, index, shown) => shown.slice(index + 1).filter(
            other => one.left < other.right - 1 && other.left < one.right - 1
                && one.top < other.bottom - 1 && other.top < one.bottom - 1));
    }).length"""
    assert report.page.locator(".pair .tag:visible").count() > 100
    assert report.page.locator(".pair .picture").evaluate_all(covered) == 0
    report.page.locator("#held-out .open").first.click()
    assert report.page.locator(".stage .tag:visible").count() > 3
    assert report.page.locator(".stage svg").evaluate_all(covered) == 0


def test_a_picture_opens_large_and_the_keyboard_leads_on_and_back(report: Opened) -> None:
    page = report.page
    names = [pair.get_attribute("data-name") or "" for pair in page.locator("#held-out > li").all()[:3]]
    large, shown = page.locator("#large"), page.locator("#large-name")
    page.locator("#held-out .open").nth(1).press("Enter")
    expect(shown).to_contain_text(names[1])
    page.keyboard.press("ArrowRight")
    expect(shown).to_contain_text(names[2])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(shown).to_contain_text(names[0])
    opened = page.locator(".stage svg").first.bounding_box() or {"width": 0}
    assert opened["width"] > 2 * (page.locator(".pair svg").first.bounding_box() or {"width": 0})["width"]
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(page.locator("#held-out .open").nth(1)).to_be_focused()
    page.locator("#held-out .open").first.click()
    page.get_by_role("button", name="Next picture").click()
    expect(shown).to_contain_text(names[1])
    page.get_by_role("button", name="Close").click()
    expect(large).to_be_hidden()
    assert report.complaints == []


def test_the_wall_shows_every_object_once_and_follows_the_slider(report: Opened) -> None:
    page = report.page
    page.evaluate("document.querySelectorAll('.wall details').forEach(each => each.open = true)")
    tally = numbers(page.locator("#tally").inner_text())
    cuts = {kind: page.locator(f'.cuts[data-kind="{kind}"] .cut:visible') for kind in ("missed", "wrong", "found")}
    assert cuts["missed"].count() == tally["missed"]
    assert cuts["found"].count() == tally["right"]
    assert cuts["wrong"].count() == tally["wrong"]
    page.get_by_role("slider", name="Lowest score:").press("End")
    assert (cuts["found"].count(), cuts["wrong"].count()) == (0, 0)
    assert cuts["missed"].count() == tally["missed"] + tally["right"]
    page.get_by_role("combobox", name="Class", exact=True).select_option("usb-c")
    expect(page.locator(".wall:visible")).to_have_count(1)
    cuts["missed"].first.click()
    expect(page.locator("#large-name")).to_contain_text(
        cuts["missed"].first.locator("svg").get_attribute("aria-label") or "-"
    )


def test_on_a_phone_a_picture_is_as_wide_as_the_page(report: Opened) -> None:
    report.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    picture = report.page.locator(".pair .found").first.bounding_box() or {"width": 0}
    assert picture["width"] > 0.85 * PHONE["width"]
    letters = report.page.locator(".pair .tag:not(.fine):visible text").first.bounding_box() or {"height": 0}
    assert letters["height"] >= 13


def numbers(text: str) -> dict[str, int]:
    return {name: int(number) for number, name in re.findall(r"(\d+) (\w+)", text)}


def test_the_worst_come_first_and_every_picture_is_described(report: Opened) -> None:
    mistakes = [int(pair.get_attribute("data-mistakes") or -1) for pair in report.page.locator("#held-out > li").all()]
    assert mistakes == sorted(mistakes, reverse=True)
    assert mistakes[0] > 0
    unnamed = report.page.evaluate(
        "[...document.querySelectorAll('[role=img]')].filter(e => !e.getAttribute('aria-label').trim()).length"
    )
    assert unnamed == 0


def test_without_scripts_the_pictures_are_still_there(chromium: Browser, rehearsal: Path) -> None:
    with chromium.new_context(viewport=DESKTOP, offline=True, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((command.latest(rehearsal) / "report.html").as_uri())
        assert page.locator("#held-out > li:visible").count() == 65
        assert page.locator("#held-out .found .box:visible").count() > 65
        expect(page.locator("#controls")).to_be_hidden()


def test_two_runs_side_by_side_are_a_page_of_the_same_kind(chromium: Browser, comparison: Path) -> None:
    with chromium.new_context(viewport=PHONE, offline=True) as context:
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(comparison.as_uri())
        assert page.get_by_role("heading", level=2).all_inner_texts() == [
            "Results",
            "Scores",
            "Time per stage",
            "Training",
            "Settings that differ",
        ]
        assert page.locator(".plot svg").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.get_by_role("link").filter(has_text="-local").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Workshop run ")
        assert len(requests) == 2 + sum(url.startswith("data:") for url in requests)
