"""Labelling by hand: a person signs in where the terminal says, labels a few pictures and goes on."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from kit.local_cloud.labelling.label_studio_config import PICTURE, TOOL
from kit.run.picture_set import SAMPLES
from tests.contract.runtimes import RUNTIMES, why_not
from tests.end_to_end import command

LABELLED = 6
WAY_IN = r"at (http://127\.0\.0\.1:\d+)(/\S*).*?user (\S+)   password (\S+)"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_some_pictures_labelled_by_a_person_are_enough(tmp_path: Path, runtime: str) -> None:
    if (reason := why_not(runtime)) is not None:
        pytest.skip(reason)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for path in sorted((SAMPLES / "train").glob("*.jpg"))[:9]:
        (pictures / path.name).write_bytes(path.read_bytes())
    settings = {"images": str(pictures), "labels": "plug,ライトニング", "epochs": "1", "image_size": "160"}
    process = command.start("local", folder=tmp_path, runtime=runtime, **settings)
    try:
        said = command.wait_for(
            "the way in",
            lambda: re.search(WAY_IN, _output(tmp_path), re.S) or process.poll() is not None,
        )
        assert isinstance(said, re.Match), _output(tmp_path)
        with httpx.Client(base_url=said[1], trust_env=False, follow_redirects=True) as person:
            sign_in(person, said[2], said[3], said[4])
            project = re.search(r"projects%2F(\d+)", said[2])
            assert project
            query = {"project": project[1], "page_size": "100"}
            tasks = person.get("/api/tasks/", params=query).raise_for_status().json()["tasks"]
            assert len(tasks) == 9
            for task in tasks[:LABELLED]:
                person.post(
                    f"/api/tasks/{task['id']}/annotations/",
                    json={"result": [_rectangle("ライトニング"), _rectangle("plug")]},
                    headers={"X-CSRFToken": person.cookies["csrftoken"]},
                ).raise_for_status()
        command.wait_for("progress", lambda: re.search(rf"labelled: {LABELLED} of 9", _output(tmp_path)))
        assert process.poll() is None, "it goes on before the person says so"
        assert command.kit("go-on", folder=tmp_path).returncode == 0
        assert process.wait(2 * command.PATIENCE_SECONDS) == 0, _output(tmp_path)
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)
    summary = command.summary(tmp_path)
    assert (summary["images"], summary["labelled"], summary["boxes"]) == (9, LABELLED, 2 * LABELLED)
    assert (summary["labels"], summary["runtime"]) == (["plug", "ライトニング"], runtime)
    assert (summary["train_images"], summary["held_out_images"]) == (LABELLED - 1, 1)
    assert said[4] not in (command.latest(tmp_path) / "journal.json").read_text()
    assert said[4] not in (command.latest(tmp_path) / "report.html").read_text()


def test_go_on_without_a_run_is_refused(tmp_path: Path) -> None:
    done = command.kit("go-on", folder=tmp_path)
    assert done.returncode == 2
    assert "is waiting for labels; `make runs` lists them all" in done.stderr
    assert "Traceback" not in done.stderr


def sign_in(person: httpx.Client, path: str, user: str, password: str) -> None:
    person.get(path).raise_for_status()
    answer = person.post(
        path,
        data={"email": user, "password": password, "csrfmiddlewaretoken": person.cookies["csrftoken"]},
        headers={"Referer": str(person.base_url)},
    ).raise_for_status()
    assert "/projects/" in str(answer.url), "the way in lands on the pictures"


def _rectangle(label: str) -> dict[str, object]:
    return {
        "type": "rectanglelabels",
        "from_name": TOOL,
        "to_name": PICTURE,
        "original_width": 640,
        "original_height": 480,
        "value": {"x": 10, "y": 20, "width": 30, "height": 25, "rotation": 0, "rectanglelabels": [label]},
    }


def _output(folder: Path) -> str:
    return (folder / "output.txt").read_text()
