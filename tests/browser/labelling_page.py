"""Label Studio's page as a person uses it: signs in, presses hotkeys, draws with the mouse, submits, skips."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from kit.annotations.model import BoundingBox

_PICTURE = 'img[alt="image"]'
_SHORT_INSTRUCTIONS = "h4"
_FULL_INSTRUCTIONS = ".lsf-modal-ls__body"
_TASK = ".lsf-current-task__task-id"
# For a machine that is busy with other things.
_PATIENCE_MS = 120_000
# What the page says in place of a picture when there is none to label.
_DONE = "No More Tasks"
_REGION = ".lsf-outliner-item"
# How the names of jobs begin, as links at the top.
_JOB = "Labeling job"


@dataclass(frozen=True)
class LabellingPage:
    page: Page

    def sign_in(self, address: str, user: str, password: str) -> None:
        """Follows the address that the terminal names; one form, then the picture."""
        self.page.goto(address)
        self.page.fill("[name=email]", user)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Log in").click()
        self.wait_for_picture()

    def sign_in_to_a_team(self, address: str, user: str, password: str) -> None:
        """As an invitation says: sign in, then press the button above the list of pictures."""
        self.page.goto(address)
        self.page.fill("[name=email]", user)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Log in").click()
        self.label_all_tasks()

    def label_all_tasks(self) -> None:
        """The button above the list of pictures."""
        self.page.get_by_role("button", name="Label All Tasks").click()
        self.wait_for_picture()

    def go_to_the_list(self) -> None:
        """By the job's name above the picture: one click."""
        self.page.get_by_role("link", name=_JOB).click()

    @property
    def place(self) -> str:
        """Which picture of how many it is, as the page says above it."""
        return self.page.locator(_SHORT_INSTRUCTIONS).nth(1).inner_text()

    def wait_for_picture(self) -> None:
        self.page.wait_for_function(
            "selector => document.querySelector(selector)?.naturalWidth > 0 && document.querySelector('canvas')",
            arg=_PICTURE,
            timeout=_PATIENCE_MS,
        )

    @property
    def task(self) -> int:
        """The number of the picture in hand, counted from 1 in the order of the input manifest."""
        return int(self.page.locator(_TASK).inner_text().split()[0].lstrip("#"))

    def short_instructions(self) -> str:
        return self.page.locator(_SHORT_INSTRUCTIONS).first.inner_text()

    def full_instructions(self) -> str:
        """Opens them, reads them and closes them again."""
        self.page.get_by_role("button", name="Instructions").click()
        text = self.page.locator(_FULL_INSTRUCTIONS).inner_text()
        self.page.keyboard.press("Escape")
        expect(self.page.locator(_FULL_INSTRUCTIONS)).to_be_hidden()
        return text

    def draw(self, hotkey: str, box: BoundingBox) -> None:
        """Draws a box, given in the picture's own pixels, of the class with that hotkey."""
        picture = self.page.locator(_PICTURE)
        place = picture.bounding_box()
        assert place is not None
        width = picture.evaluate("picture => picture.naturalWidth")
        scale = place["width"] / width
        drawn = self.page.locator(_REGION).count()
        self.page.keyboard.press("Escape")  # the box before is no longer selected
        self.page.keyboard.press(hotkey)
        mouse = self.page.mouse
        mouse.move(place["x"] + box.left * scale, place["y"] + box.top * scale)
        mouse.down()
        mouse.move(place["x"] + (box.left + box.right) / 2 * scale, place["y"] + box.bottom * scale)
        mouse.move(place["x"] + box.right * scale, place["y"] + box.bottom * scale)
        mouse.up()
        expect(self.page.locator(_REGION)).to_have_count(drawn + 1)

    def submit(self) -> None:
        self._next("bottombar-submit-button")

    def submit_or_finish(self) -> bool:
        """Submits; whether there is another picture then."""
        task = self.page.locator(_TASK).inner_text()
        self.page.get_by_test_id("bottombar-submit-button").click()
        self.page.wait_for_function(
            "([selector, task, done]) => document.body.innerText.includes(done)"
            " || ![task, undefined].includes(document.querySelector(selector)?.innerText)",
            arg=[_TASK, task, _DONE],
            timeout=_PATIENCE_MS,
        )
        if self.page.get_by_text(_DONE).count():
            return False
        self.wait_for_picture()
        return True

    def submit_in_vain(self) -> None:
        """Submits without a network, and closes what the page says of that."""
        self.page.get_by_test_id("bottombar-submit-button").click()
        expect(self.page.get_by_text("Failed to fetch")).to_be_visible()
        self.page.get_by_role("button", name="OK").click()

    def skip(self) -> None:
        self._next("bottombar-skip-button")

    def _next(self, button: str) -> None:
        task = self.page.locator(_TASK).inner_text()
        self.page.get_by_test_id(button).click()
        expect(self.page.locator(_TASK)).not_to_have_text(task)
        self.wait_for_picture()
