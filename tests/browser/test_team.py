"""Three people label one job in three browsers: nobody gets a picture that another has, and who did what is told."""

from __future__ import annotations

import email
import re
import shutil
import signal
from collections import Counter
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture
from kit.run.picture_set import SAMPLES
from tests.browser.chromium import needs_chromium
from tests.browser.labelling_page import LabellingPage
from tests.end_to_end import command

pytestmark = needs_chromium

PEOPLE = ("hanako@example.org", "taro@example.org", "ken@example.org")
HOTKEYS = {"usb-a": "1", "usb-c": "2", "lightning": "3"}
# Enough for each to be in the others' way; another half of the samples would be drawn as these are.
TRUTH = sorted(coco.read(SAMPLES / "train.coco.json").pictures, key=lambda picture: picture.file_name)[:15]


@dataclass
class Worker:
    """Somebody at a browser; `refused` are answers of the server that show as a red toast."""

    labelling: LabellingPage
    did: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, page: Page, way_in: tuple[str, str, str]) -> Worker:
        worker = cls(LabellingPage(page))
        page.on("response", worker.look_at)
        page.set_default_timeout(120_000)
        worker.labelling.sign_in_to_a_team(*way_in)
        return worker

    def look_at(self, response: Response) -> None:
        if response.status >= 400 and "/annotations" in response.url:
            self.refused.append(f"{response.status} {response.url}")

    def draw_boxes(self) -> None:
        for box in TRUTH[self.labelling.task - 1].boxes:
            self.labelling.draw(HOTKEYS[box.label], box)

    def submit(self) -> bool:
        """Whether there is another picture then."""
        self.did.append(self.labelling.task)
        return self.labelling.submit_or_finish()

    def label_one(self) -> bool:
        """Draws the boxes of the picture in hand; whether there is another one then."""
        self.draw_boxes()
        return self.submit()


@dataclass(frozen=True)
class Together:
    """What a labelling by three left: the run's folder, what was printed and shown, and who did which pictures."""

    folder: Path
    printed: str
    shown: str
    workers: dict[str, Worker]
    given_back: tuple[int, int]
    offline: tuple[int, int]


@pytest.fixture(scope="module")
def together(chromium: Browser, screenshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Together:
    folder = tmp_path_factory.mktemp("together")
    (folder / "pictures").mkdir()
    for picture in TRUTH:
        shutil.copy(SAMPLES / "train" / picture.file_name, folder / "pictures")
    process = command.start(
        "local",
        folder=folder,
        images="pictures",
        labels=",".join(HOTKEYS),
        assist="0",
        workers=",".join(PEOPLE),
        epochs="1",
        image_size="160",
    )
    try:
        command.wait_for("the way in", lambda: "Enough labelled?" in printed(folder) or process.poll() is not None)
        ways_in = {person: way_in(folder, person) for person in PEOPLE}
        contexts = {person: chromium.new_context(viewport={"width": 1440, "height": 900}) for person in PEOPLE}
        workers = {person: Worker.at(contexts[person].new_page(), ways_in[person]) for person in PEOPLE}
        for _turn in range(3):
            for worker in workers.values():
                assert worker.label_one()
        offline = without_network(workers[PEOPLE[1]], contexts[PEOPLE[1]])
        workers[PEOPLE[0]].labelling.page.screenshot(path=screenshots / "labelling-together.png")
        # Ken's browser is killed over a picture; he comes back at another one.
        left = workers[PEOPLE[2]].labelling.task
        contexts[PEOPLE[2]].close()
        shown = command.kit("status", folder=folder).stdout
        at_work = {person: workers[person] for person in PEOPLE[:2]}
        while at_work:
            at_work = {person: worker for person, worker in at_work.items() if worker.label_one()}
        again = Worker.at(chromium.new_context().new_page(), ways_in[PEOPLE[2]])
        came_back = again.labelling.task
        again.did = workers[PEOPLE[2]].did
        while again.label_one():
            pass
        workers[PEOPLE[2]] = again
        command.wait_for("the labels", lambda: "[3/8]" in printed(folder) or process.poll() is not None)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(command.PATIENCE_SECONDS)
    return Together(folder, printed(folder), shown, workers, (left, came_back), offline)


def without_network(worker: Worker, browser: BrowserContext) -> tuple[int, int]:
    """Labels a picture, during which the network is away; the picture that is submitted without it, and the next."""
    browser.set_offline(True)
    worker.draw_boxes()
    browser.set_offline(False)
    assert worker.submit()
    submitted = worker.labelling.task
    browser.set_offline(True)
    worker.labelling.submit_in_vain()
    browser.set_offline(False)
    worker.labelling.go_to_the_list()
    worker.labelling.label_all_tasks()
    return submitted, worker.labelling.task


def printed(folder: Path) -> str:
    return (folder / "output.txt").read_text()


def way_in(folder: Path, person: str) -> tuple[str, str, str]:
    """Address, user and password, as the person's invitation tells them."""
    mail = email.message_from_bytes(
        (command.latest(folder) / "invitations" / f"{person}.eml").read_bytes(), policy=default
    )
    assert mail["To"] == person
    found = re.search(
        r"at (http://127\.0\.0\.1:\S+)\s+user name: (\S+)\s+password for the first time: (\S+)", mail.get_content()
    )
    assert found, mail.get_content()
    return found[1], found[2], found[3]


def test_no_picture_is_labelled_twice_and_none_is_missing(together: Together) -> None:
    did = Counter(number for worker in together.workers.values() for number in worker.did)
    assert did == dict.fromkeys(range(1, len(TRUTH) + 1), 1)


def test_nobody_is_refused(together: Together) -> None:
    assert {person: worker.refused for person, worker in together.workers.items()} == {person: [] for person in PEOPLE}


def test_a_picture_that_was_submitted_without_a_network_comes_back(together: Together) -> None:
    submitted, came_back = together.offline
    assert submitted == came_back


def test_whoever_is_cut_off_comes_back_to_the_same_picture(together: Together) -> None:
    left, came_back = together.given_back
    assert left == came_back


def test_every_box_is_in_the_manifest_within_a_pixel(together: Together) -> None:
    stream = ground_truth.read(command.latest(together.folder) / "results" / "output.manifest")
    answers: list[AnnotatedPicture] = sorted(stream.pictures, key=lambda picture: picture.file_name)
    assert [answer.file_name for answer in answers] == [truth.file_name for truth in TRUTH]
    for answer, truth in zip(answers, TRUTH, strict=True):
        assert [box.label for box in answer.boxes] == [box.label for box in truth.boxes]
        for got, wanted in zip(answer.boxes, truth.boxes, strict=True):
            off = [abs(getattr(got, edge) - getattr(wanted, edge)) for edge in ("left", "top", "right", "bottom")]
            assert max(off) <= 1, f"{answer.file_name}: {got} in place of {wanted}"


def test_terminal_status_and_journal_say_who_did_how_many(together: Together) -> None:
    counts = {person: len(worker.did) for person, worker in together.workers.items()}
    assert command.journal(together.folder)["stages"]["labelling"]["result"]["labelled_by"] == counts
    said = re.search("labelled by: (.*)", together.printed)
    assert said
    assert sorted(said[1].split(", ")) == sorted(f"{person} {count}" for person, count in counts.items())
    assert f"{PEOPLE[1]} 4, {PEOPLE[0]} 3, {PEOPLE[2]} 3" in together.shown
    assert "Labelled: 10 of 15 pictures" in together.shown
