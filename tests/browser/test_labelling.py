"""Labelling by hand in a real browser: one sign-in, boxes drawn with the mouse, stopped early, taken up again."""

from __future__ import annotations

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.local_cloud.labelling.label_studio_config import template_instructions
from kit.run.picture_set import SAMPLES
from kit.stages.labelling_request import TEMPLATES
from tests.browser.chromium import needs_chromium
from tests.browser.labelling_page import LabellingPage
from tests.end_to_end import command
from tests.end_to_end.few_samples import TRAIN

pytestmark = needs_chromium

WAY_IN = re.compile(r"at (http://127\.0\.0\.1:\S+)\s+user (\S+)   password (\S+)")
SETTINGS = {"labeler": "human", "assist": "0", "epochs": "1", "image_size": "160"}
HOTKEYS = {"usb-a": "1", "usb-c": "2", "lightning": "3"}
TRUTH = sorted(coco.read(SAMPLES / "train.coco.json").pictures, key=lambda picture: picture.file_name)
# What the person does with the pictures, in their order; then comes another day, and then there is enough.
FIRST_DAY = ("draw", "skip", "leave empty")
SECOND_DAY = ("leave empty", "draw", "draw")


@dataclass(frozen=True)
class ByHand:
    """What a run left that a person labelled for: its folder, what it printed, what the page said."""

    folder: Path
    printed: str
    landed_on: list[int]
    places: list[str]
    short_instructions: str
    full_instructions: str
    addresses: set[str]


@pytest.fixture(scope="module")
def by_hand(chromium: Browser, screenshots: Path, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    folder = tmp_path_factory.mktemp("by-hand")
    landed_on: list[int] = []
    places: list[str] = []
    addresses: set[str] = set()
    process = command.start("local", folder=folder, few_samples=True, **SETTINGS)
    try:
        with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
            labelling = LabellingPage(context.new_page())
            labelling.page.on("request", lambda request: addresses.add(re.sub(r"^blob:|(?<=\d)/.*", "", request.url)))
            labelling.sign_in(*way_in(folder, process))
            landed_on.append(labelling.task)
            places.append(labelling.place)
            short, full = labelling.short_instructions(), labelling.full_instructions()
            work(labelling, TRUTH[: len(FIRST_DAY)], FIRST_DAY, screenshots)
        process.send_signal(signal.SIGINT)
        assert process.wait(command.PATIENCE_SECONDS) == 130
        (folder / "output.txt").rename(folder / "first-day.txt")
        process = command.start("local", folder=folder, few_samples=True, **SETTINGS)
        with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
            labelling = LabellingPage(context.new_page())
            labelling.sign_in(*way_in(folder, process))
            landed_on.append(labelling.task)
            places.append(labelling.place)
            work(labelling, TRUTH[len(FIRST_DAY) :], SECOND_DAY, screenshots)
        assert command.kit("go-on", folder=folder).returncode == 0
        assert process.wait(2 * command.PATIENCE_SECONDS) == 0, printed(folder)
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)
    return ByHand(folder, printed(folder), landed_on, places, short, full, addresses)


def way_in(folder: Path, process: subprocess.Popen[str]) -> tuple[str, str, str]:
    """Address, user and password, as soon as the terminal shows them."""
    found = command.wait_for("the way in", lambda: WAY_IN.search(printed(folder)) or process.poll() is not None)
    assert isinstance(found, re.Match), printed(folder)
    return found[1], found[2], found[3]


def work(labelling: LabellingPage, pictures: list[AnnotatedPicture], deeds: tuple[str, ...], screenshots: Path) -> None:
    for picture, deed in zip(pictures[: len(deeds)], deeds, strict=True):
        if deed == "skip":
            labelling.skip()
            continue
        if deed == "draw":
            for box in picture.boxes:
                labelling.draw(HOTKEYS[box.label], box)
            labelling.page.screenshot(path=screenshots / "labelling.png")
        labelling.submit()


def printed(folder: Path) -> str:
    return (folder / "output.txt").read_text()


def answers(by_hand: ByHand) -> list[AnnotatedPicture]:
    stream = ground_truth.read(command.latest(by_hand.folder) / "results" / "output.manifest")
    return sorted(stream.pictures, key=lambda picture: picture.file_name)


def test_one_sign_in_lands_on_the_first_picture_that_is_not_labelled(by_hand: ByHand) -> None:
    assert by_hand.landed_on == [1, 1 + len(FIRST_DAY)]
    assert by_hand.places == [f"1 of {TRAIN}", f"4 of {TRAIN}"]


def test_the_instructions_are_those_of_the_ground_truth_template(by_hand: ByHand) -> None:
    expected = template_instructions(TEMPLATES["en"].read_text(encoding="utf-8"))
    assert by_hand.short_instructions == expected.short
    for line in expected.full.splitlines():
        assert line in by_hand.full_instructions


def test_boxes_drawn_with_the_mouse_come_out_within_a_pixel(by_hand: ByHand) -> None:
    drawn = [index for index, deed in enumerate(FIRST_DAY + SECOND_DAY) if deed == "draw"]
    assert sum(len(TRUTH[index].boxes) for index in drawn) >= 5
    for index in drawn:
        truth, answer = TRUTH[index], answers(by_hand)[index]
        assert (answer.file_name, answer.state) == (truth.file_name, LabelState.LABELLED)
        assert [box.label for box in answer.boxes] == [box.label for box in truth.boxes]
        for got, wanted in zip(answer.boxes, truth.boxes, strict=True):
            off = [abs(getattr(got, edge) - getattr(wanted, edge)) for edge in ("left", "top", "right", "bottom")]
            assert max(off) <= 1, f"{answer.file_name}: {got} in place of {wanted}"


def test_skipped_empty_and_untouched_pictures_are_told_apart(by_hand: ByHand) -> None:
    states = [answer.state for answer in answers(by_hand)]
    assert states[FIRST_DAY.index("skip")] is LabelState.FAILED
    empty = answers(by_hand)[FIRST_DAY.index("leave empty")]
    assert (empty.state, empty.boxes) == (LabelState.LABELLED, ())
    seen = len(FIRST_DAY + SECOND_DAY)
    assert set(states[seen:]) == {LabelState.UNLABELLED}
    summary = command.summary(by_hand.folder)
    assert (summary["images"], summary["labelled"], summary["train_images"]) == (TRAIN, 5, 3)


def test_the_terminal_says_how_far_it_is_and_with_what_it_goes_on(by_hand: ByHand) -> None:
    assert f"Going on with 5 of {TRAIN} pictures." in by_hand.printed
    assert "the same command brings you back to the next picture" in by_hand.printed


def test_the_browser_talks_to_this_machine_only(by_hand: ByHand) -> None:
    assert len(by_hand.addresses) >= 1
    assert all(address.startswith("http://127.0.0.1:") for address in by_hand.addresses)
