"""Without Ground Truth: Label Studio on this machine over the same bucket, and labels that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import httpx

from kit.annotations.formats import coco
from kit.annotations.model import AnnotationStream
from kit.local_cloud.labelling.label_studio_config import PICTURE, TOOL
from kit.run.picture_set import SAMPLES
from kit.tracks.rehearsal import environment_for
from tests.cloud.conftest import PICTURES, Double
from tests.cloud.kit_process import run, start
from tests.cloud.short_run import LABELS, settings
from tests.end_to_end import command
from tests.end_to_end.test_watching import processes
from tests.waiting import eventually

WAY_IN = re.compile(r"at (http://127\.0\.0\.1:\d+)(/\S*).*?user (\S+)   password (\S+)", re.DOTALL)


def label_the_rest(said: re.Match[str]) -> None:
    """Signs in as the terminal says, and draws a box on every picture that has no label."""
    with httpx.Client(base_url=said[1], trust_env=False, follow_redirects=True) as person:
        person.get(said[2]).raise_for_status()
        sign_in = {"email": said[3], "password": said[4], "csrfmiddlewaretoken": person.cookies["csrftoken"]}
        person.post(said[2], data=sign_in, headers={"Referer": said[1]}).raise_for_status()
        project = re.search(r"projects%2F(\d+)", said[2])
        assert project
        query = {"project": project[1], "page_size": "100", "fields": "all"}
        tasks = person.get("/api/tasks/", params=query).json()["tasks"]
        assert len(tasks) == PICTURES
        for task in tasks:
            assert person.get(task["data"][PICTURE]).status_code == 200, "the picture comes through from the bucket"
            if task["total_annotations"]:
                continue
            value = {"x": 10, "y": 20, "width": 30, "height": 25, "rotation": 0, "rectanglelabels": ["usb-c"]}
            box = {
                "type": "rectanglelabels",
                "from_name": TOOL,
                "to_name": PICTURE,
                "original_width": 640,
                "original_height": 480,
                "value": value,
            }
            person.post(
                f"/api/tasks/{task['id']}/annotations/",
                json={"result": [box]},
                headers={"X-CSRFToken": person.cookies["csrftoken"]},
            ).raise_for_status()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False, follow_redirects=True).is_success
    except httpx.TransportError:
        return False


def test_label_studio_in_place_of_ground_truth(tmp_path: Path, double: Double, pictures: Path) -> None:
    """It goes on from the labels of a file, of the first picture; those of the rest are drawn."""
    first = min(path.name for path in pictures.iterdir())
    (labelled,) = (each for each in coco.read(SAMPLES / "train.coco.json").pictures if each.file_name == first)
    coco.write(tmp_path / "labels.json", AnnotationStream(tuple(LABELS.split(",")), iter([labelled])))
    chosen = settings(pictures, labeler="label-studio", annotations=str(tmp_path / "labels.json"))
    del chosen["workers"]
    before = len(double.calls())
    running = start(tmp_path, double.url, "cloud", **chosen)
    said = eventually(lambda: WAY_IN.search(running.said()) or running.process.exitcode is not None, timeout=120)
    assert isinstance(said, re.Match), running.said()
    assert f"1 of {PICTURES} pictures have labels already" in running.said()
    (server,) = processes(tmp_path, "_guard.py", "server.log.process")
    server.kill()
    has_ended = re.compile(r"^  Label Studio has ended with status 137; it is started", re.MULTILINE)
    assert eventually(lambda: has_ended.search(running.said())), running.said()
    eventually(lambda: answers(said[1]))
    label_the_rest(said)
    ended = running.ended()
    assert ended.status == 0, ended.said
    summary = command.summary(tmp_path)
    assert (summary["labelled"], summary["boxes"], summary["left_behind"]) == (
        PICTURES,
        PICTURES - 1 + len(labelled.boxes),
        [],
    )
    assert summary["spent_usd"] < 0.08, "nobody at AWS labelled anything"
    asked = {call["operation"] for call in double.calls()[before:]}
    assert asked & {"CreateLabelingJob", "CreateWorkforce", "CreateUserPool"} == set()
    assert double.left() == []


def test_labels_that_exist_in_a_bucket(tmp_path: Path, double: Double, pictures: Path, rehearsal: Path) -> None:
    lines = (command.latest(rehearsal) / "results" / "output.manifest").read_text().splitlines()
    names = {path.name for path in pictures.iterdir()}
    kept = [line for line in lines if json.loads(line)["source-ref"].rsplit("/", 1)[1] in names]
    given = environment_for(double.url)
    s3 = boto3.client(
        "s3",
        endpoint_url=double.url,
        region_name="us-east-1",
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket="their-labels")
    s3.put_object(Bucket="their-labels", Key="a/output.manifest", Body="\n".join(kept).encode())
    chosen = {k: v for k, v in settings(pictures).items() if k != "workers"}
    ended = run(tmp_path, double.url, "cloud", **chosen, manifest="s3://their-labels/a/output.manifest")
    assert ended.status == 0, ended.said
    assert command.summary(tmp_path)["labelled"] == PICTURES
    wrong = run(tmp_path, double.url, "cloud", **chosen, manifest="s3://their-labels/none.manifest")
    assert (wrong.status, "ANNOTATIONS=s3://their-labels/none.manifest" in wrong.said) == (2, True), wrong.said
    s3.delete_object(Bucket="their-labels", Key="a/output.manifest")
    s3.delete_bucket(Bucket="their-labels")
    assert double.left() == []
