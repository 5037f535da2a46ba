"""The page of `kit endpoint` as its tests handle it: what it sent, what it drew, what the endpoint answers."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.serving_endpoint import Served

COLOURS = {"usb-a": "rgb(230, 159, 0)", "usb-c": "rgb(0, 114, 178)", "lightning": "rgb(0, 158, 115)"}


@dataclass
class Opened:
    """The page in a tab; what it asked for, how often the endpoint answered, and what went wrong."""

    page: Page
    endpoint: Served
    addresses: list[str] = field(default_factory=list)
    answers: int = 0
    complaints: list[str] = field(default_factory=list)

    def choose(self, *files: Path) -> None:
        self.page.locator("#files").set_input_files(files)

    def shown(self, name: str) -> None:
        """Returns when a picture is on the stage with its answer."""
        expect(self.page.locator("#pictures button[aria-current]")).to_have_attribute("title", name)
        expect(self.page.locator("#status")).to_contain_text("answered in")

    def sent(self) -> bytes:
        """The picture that the page last sent to the endpoint."""
        return base64.b64decode(self.page.evaluate("window.sent()"))

    def answer(self) -> dict[str, Any]:
        """What the endpoint answers to that picture, asked without the page."""
        headers = {"Content-Type": "application/x-image", "Accept": "application/json;verbose;n_predictions=100"}
        asked = urllib3.request("POST", self.endpoint.invocations, body=self.sent(), headers=headers)
        return dict(asked.json())

    def boxes(self) -> list[dict[str, Any]]:
        """The boxes that are drawn, the best last."""
        return list(
            self.page.evaluate(
                """() => [...document.querySelectorAll("#boxes .box")].map(box => ({
                    ...Object.fromEntries(["x", "y", "width", "height"].map(
                        name => [name, Number(box.querySelector("rect").getAttribute(name))])),
                    text: box.querySelector("text").textContent,
                    colour: getComputedStyle(box.querySelector("rect:not(.edge)")).stroke,
                }))"""
            )
        )


# Playwright sees of a request whose body is a Blob nothing but its head.
REMEMBER_WHAT_IS_SENT = """
let last = null;
const ask = window.fetch;
window.fetch = (address, options) => {
    if (String(address).includes("/invocations")) last = options.body;
    return ask(address, options);
};
window.sent = async () => {
    const bytes = new Uint8Array(await last.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
};
"""


def opened_in(context: BrowserContext, endpoint: Served) -> Opened:
    opened = Opened(context.new_page(), endpoint)
    opened.page.on("request", lambda request: opened.addresses.append(request.url))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))

    def count(answer: Response) -> None:
        opened.answers += "/invocations" in answer.url

    opened.page.on("response", count)
    opened.page.add_init_script(REMEMBER_WHAT_IS_SENT)
    opened.page.goto(endpoint.url + "/")
    return opened


def expected_boxes(answer: dict[str, Any], width: int, height: int, threshold: float) -> list[dict[str, Any]]:
    """The boxes of an answer in pixels, the best last, with their captions."""
    names = ("usb-a", "usb-c", "lightning")
    found = []
    for (left, top, right, bottom), number, score in zip(
        answer["normalized_boxes"], answer["classes"], answer["scores"], strict=True
    ):
        if score >= threshold:
            label = names[int(number)]
            found.append((score, left * width, top * height, (right - left) * width, (bottom - top) * height, label))
    return [
        {"x": x, "y": y, "width": w, "height": h, "text": f"{label} {score:.2f}", "colour": COLOURS[label]}
        for score, x, y, w, h, label in sorted(found)
    ]


def assert_drawn(opened: Opened, width: int, height: int) -> None:
    """The boxes on the page are those of the endpoint's answer, within a pixel."""
    threshold = float(opened.page.locator("#threshold").input_value())
    wanted, drawn = expected_boxes(opened.answer(), width, height, threshold), opened.boxes()
    assert wanted
    assert [(box["text"], box["colour"]) for box in drawn] == [(box["text"], box["colour"]) for box in wanted]
    for got, want in zip(drawn, wanted, strict=True):
        assert all(abs(got[name] - want[name]) <= 1 for name in ("x", "y", "width", "height"))
