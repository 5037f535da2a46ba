"""People of one room label over the network: who gets in, who has which picture, and what a kill leaves of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from kit.annotations.model import AnnotatedPicture
from kit.aws_api import LabellingPortal, Person
from kit.local_cloud import environments
from kit.local_cloud.labelling import people
from kit.local_cloud.labelling.label_studio import LabelStudioServer
from kit.local_cloud.labelling.label_studio_config import Instructions
from kit.local_cloud.labelling.label_studio_database import DATABASE_NAME
from kit.local_cloud.labelling.label_studio_projects import labelled_by, labelled_pictures, open_project
from kit.network import EVERYWHERE

NAMES = ("hanako@example.org", "taro@example.org", "ken@example.org")
PICTURES = [f"http://127.0.0.1:9/{number}.jpg" for number in range(6)]
# Before anybody came: there is nothing on it.
LABELLED = "http://127.0.0.1:9/labelled.jpg"


@dataclass
class Room:
    """Label Studio as HOST=0.0.0.0 opens it, with six pictures to label, one labelled, and three people."""

    server: LabelStudioServer
    folder: Path
    project: int
    portal: LabellingPortal
    browsers: ExitStack

    def enter(self, person: Person) -> Worker:
        """Signs in by the address that leads here from other machines."""
        place = urlsplit(self.portal.others[0])
        browser = self.browsers.enter_context(
            httpx.Client(
                base_url=f"{place.scheme}://{place.netloc}", trust_env=False, follow_redirects=True, timeout=60
            )
        )
        way = f"{place.path}?{place.query}"
        browser.get(way).raise_for_status()
        form = {"email": person.user, "password": person.password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        # As a browser sends it: what Django holds the form against.
        headers = {"Origin": f"{place.scheme}://{place.netloc}", "Referer": self.portal.others[0]}
        landed = browser.post(way, data=form, headers=headers).raise_for_status()
        assert urlsplit(str(landed.url)).path == f"/projects/{self.project}/data"
        return Worker(browser, self.project)

    def kill(self) -> None:
        """As `kill -9` of the server, and of the kit that would have started it again."""
        self.server.service.stop()
        self.server.restart()


@dataclass
class Worker:
    """Somebody who is signed in and pressed "Label All Tasks"."""

    browser: httpx.Client
    project: int

    def next(self) -> int | None:
        """The picture that the page brings, which nobody else gets then."""
        query = {"id": "next_task", "project": self.project}
        answer = self.browser.post("/api/dm/actions", params=query, json={}, headers=self._form())
        return None if answer.status_code == 404 else int(answer.raise_for_status().json()["id"])

    def submit(self, task: int) -> None:
        self.browser.post(
            f"/api/tasks/{task}/annotations/", json={"result": []}, headers=self._form()
        ).raise_for_status()

    def correct(self, task: int) -> None:
        """Changes the one answer that the picture has, as the button Update does."""
        (answer,) = self.browser.get(f"/api/tasks/{task}/annotations/").raise_for_status().json()
        self.browser.patch(
            f"/api/annotations/{answer['id']}/", json={"result": []}, headers=self._form()
        ).raise_for_status()

    def _form(self) -> dict[str, str]:
        return {"X-CSRFToken": self.browser.cookies["csrftoken"], "Origin": str(self.browser.base_url).rstrip("/")}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    server = LabelStudioServer(environments.LABEL_STUDIO, folder / "server", s3_url="", host=EVERYWHERE)
    try:
        if not server.access.others:
            pytest.skip("this machine is in no network")
        begun = {LABELLED: AnnotatedPicture(LABELLED, 0, 0)}
        instructions = Instructions("", "")
        project = open_project(server.access, "arn/room", ["usb-a"], instructions, [*PICTURES, LABELLED], begun)
        portal = people.portal(server.access, project, folder / "people.json", NAMES)
        with ExitStack() as browsers:
            yield Room(server, folder, project, portal, browsers)
    finally:
        server.close()


def test_the_address_for_others_leads_in_and_another_name_leads_nowhere(room: Room) -> None:
    assert room.portal.url == room.portal.others[0]
    assert urlsplit(room.portal.url).hostname != "127.0.0.1"
    room.enter(room.portal.people[0])
    stranger = httpx.get(room.portal.url, headers={"Host": "attacker.example"}, trust_env=False)
    assert stranger.status_code == 400


def test_sign_up_is_closed(room: Room) -> None:
    with httpx.Client(base_url=room.server.access.others[0], trust_env=False, follow_redirects=True) as stranger:
        page = stranger.get("/user/signup/")
        form = {
            "email": "eve@example.org",
            "password": "a long password 1",
            "csrfmiddlewaretoken": stranger.cookies.get("csrftoken", ""),
        }
        answer = stranger.post("/user/signup/", data=form, headers={"Referer": str(page.url)})
        assert answer.status_code == 403
    assert "eve@example.org" not in people.users(room.server.access).values()


def test_killed_while_three_label_each_is_back_at_their_picture_and_nothing_is_lost(room: Room) -> None:
    workers = [room.enter(person) for person in room.portal.people]
    first = [worker.next() for worker in workers]
    assert len(set(first)) == 3
    assert None not in first
    workers[0].submit(int(first[0] or 0))
    in_hand = [workers[0].next(), *first[1:]]
    room.kill()
    again = [room.enter(person) for person in room.portal.people]
    assert [worker.next() for worker in again] == in_hand
    # The pages that were open go on where they were, too.
    for worker, task in zip(workers, in_hand, strict=True):
        worker.submit(int(task or 0))
    assert labelled(room) == {**dict(zip(NAMES, (2, 1, 1), strict=True)), room.server.access.user: 1}


def labelled(room: Room) -> dict[str, int]:
    names = people.users(room.server.access)
    return {names[user]: count for user, count in labelled_by(room.server.access, room.project).items()}


def test_a_label_of_before_is_counted_for_whoever_corrects_it(room: Room) -> None:
    before = labelled(room)
    taro = room.enter(room.portal.people[1])
    taro.correct(len(PICTURES) + 1)
    after = labelled(room)
    assert after[NAMES[1]] == before[NAMES[1]] + 1
    assert room.server.access.user not in after


def test_a_picture_that_somebody_left_open_comes_back_to_the_others(room: Room) -> None:
    """After ten minutes; here the lock is made as old as that in Label Studio's database."""
    left, other = (room.enter(person) for person in room.portal.people[:2])
    task = left.next()
    mine = other.next()
    assert task not in (None, mine)
    other.submit(int(mine or 0))
    assert other.next() is None, "it is the last one, and somebody has it"
    with closing(sqlite3.connect(room.folder / "server" / DATABASE_NAME, timeout=30)) as database, database:
        database.execute("UPDATE tasks_tasklock SET expire_at = datetime('now', '-1 second')")
    assert other.next() == task
    other.submit(int(task or 0))
    states = {picture.state.value for picture in labelled_pictures(room.server.access, room.project).values()}
    assert states == {"labelled"}
