"""`KEEP=1` on AWS and `TRACK=cloud`: the page before a live endpoint, what it costs, and when it ends."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import boto3
import urllib3

from kit.run.picture_set import SAMPLES
from kit.tracks.rehearsal import environment_for
from tests.cloud.conftest import Double
from tests.cloud.kit_process import Running, run, start
from tests.cloud.short_run import settings
from tests.cloud.test_faults import refused
from tests.end_to_end.command import PATIENCE_SECONDS
from tests.waiting import eventually

PICTURE = sorted((SAMPLES / "held_out").glob("*.jpg"))[0]
_PAGE = re.compile(r"^Page: +(http://\S+)/$", re.M)


def page_of(running: Running) -> str:
    """The address as soon as it is printed, without the slash at its end."""
    found = eventually(
        lambda: _PAGE.search(running.said()) or running.process.exitcode is not None, timeout=PATIENCE_SECONDS
    )
    assert isinstance(found, re.Match), running.said()
    return str(found[1])


def endpoint_of(folder: Path) -> str:
    journal = json.loads((folder / "runs" / "latest" / "journal.json").read_text())
    return str(journal["stages"]["endpoint"]["result"]["endpoint"])


def send(running: Running, number: signal.Signals) -> int | None:
    assert running.process.pid is not None
    os.kill(running.process.pid, number)
    return running.ended().status


def test_the_page_is_kept_before_the_live_endpoint_and_ctrl_c_cleans_up(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    kept = start(tmp_path, double.url, "cloud", **settings(pictures, keep="1"))
    url, endpoint = page_of(kept), endpoint_of(tmp_path)
    assert "KEEP=1: the endpoint costs $0.1150/h, and is deleted when it is 2 h old (ENDPOINT_HOURS)." in kept.said()
    page = urllib3.request("GET", url + "/").data.decode()
    assert "$0.1150/h" in page
    (tmp_path / "beside").mkdir()
    beside = start(tmp_path / "beside", double.url, "endpoint", track="cloud", runs=str(tmp_path / "runs"))
    second = page_of(beside)
    for address in (url, second):
        answer = urllib3.request(
            "POST",
            f"{address}/endpoints/{endpoint}/invocations",
            body=PICTURE.read_bytes(),
            headers={"Content-Type": "application/x-image", "Accept": "application/json;verbose"},
        )
        assert answer.status == 200
        assert set(answer.json()) == {"normalized_boxes", "classes", "scores", "labels"}
        other = urllib3.request("POST", f"{address}/endpoints/another/invocations", body=b"x")
        assert (other.status, other.headers["x-amzn-errortype"]) == (400, "ValidationError")
        assert "of-the-double" not in urllib3.request("GET", address + "/").data.decode(), (
            "no credentials in the browser"
        )
    assert send(beside, signal.SIGINT) == 0
    assert f"Endpoint {endpoint} goes on and costs money; `make cloud-clean` deletes it." in beside.said()
    assert f"endpoint {endpoint}" in double.left()
    assert send(kept, signal.SIGINT) == 0
    assert double.left() == []
    gone = run(tmp_path, double.url, "endpoint", track="cloud")
    refused(gone, 2, "has an endpoint on AWS; `make cloud KEEP=1` keeps one.")


def test_the_endpoint_is_deleted_when_it_is_old_enough(tmp_path: Path, double: Double, pictures: Path) -> None:
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, keep="1", endpoint_hours="0"))
    assert ended.status == 0, ended.said
    assert "The endpoint is 0 h old: it is deleted." in ended.said
    assert double.left() == []


def test_an_endpoint_that_somebody_deleted_is_told(tmp_path: Path, double: Double, pictures: Path) -> None:
    kept = start(tmp_path, double.url, "cloud", **settings(pictures, keep="1"))
    page_of(kept)
    keys = environment_for(double.url)
    boto3.client(
        "sagemaker",
        endpoint_url=double.url,
        region_name=keys["AWS_DEFAULT_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    ).delete_endpoint(EndpointName=endpoint_of(tmp_path))
    (tmp_path / "beside").mkdir()
    beside = run(tmp_path / "beside", double.url, "endpoint", track="cloud", runs=str(tmp_path / "runs"))
    refused(beside, 4, f"Endpoint {endpoint_of(tmp_path)} is gone. `make cloud` makes another.")
    assert send(kept, signal.SIGTERM) == 143
    assert run(tmp_path, double.url, "cloud-clean", **settings(pictures)).status == 0
    assert double.left() == []
