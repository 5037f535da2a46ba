"""`kit endpoint` after a rehearsal: asked as an endpoint on AWS is, ended and killed, started twice, and badly."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from kit.repository import ROOT
from kit.run.picture_set import SAMPLES
from tests.end_to_end import command
from tests.end_to_end.few_samples import few_samples
from tests.serving_endpoint import Served, copy_of, kept_answer, served

AWS_CLI = ROOT / ".venvs" / "aws-cli" / "bin"
PICTURE = sorted((SAMPLES / "held_out").glob("*.jpg"))[0]


@pytest.fixture(scope="module")
def endpoint(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(rehearsal, tmp_path_factory.mktemp("endpoint") / "here")) as running:
        yield running


@pytest.fixture
def runs(rehearsal: Path, tmp_path: Path) -> Path:
    return copy_of(rehearsal, tmp_path / "runs-of-a-test")


def runtime(url: str):  # type: ignore[no-untyped-def]
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )


def printed_piece(said: str, title: str) -> str:
    """A piece of code as it was printed, indented."""
    lines = said.split(f"\n{title}:\n", 1)[1].splitlines()
    code = []
    for line in lines:
        if line and not line.startswith("    "):
            break
        code.append(line[4:])
    return "\n".join(code)


def test_boto3_gets_the_answer_that_the_run_got(endpoint: Served) -> None:
    answer = runtime(endpoint.url).invoke_endpoint(
        EndpointName=endpoint.name,
        Body=PICTURE.read_bytes(),
        ContentType="application/x-image",
        Accept="application/json;verbose;n_predictions=100",
    )
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert json.loads(answer["Body"].read()) == kept_answer(endpoint.folder, PICTURE)


def test_the_errors_are_those_that_boto3_raises_on_aws(endpoint: Served) -> None:
    client = runtime(endpoint.url)
    with pytest.raises(ClientError, match="Endpoint nobody of account 000000000000 not found") as unknown:
        client.invoke_endpoint(EndpointName="nobody", Body=b"x")
    assert unknown.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(client.exceptions.ModelError) as refused:
        client.invoke_endpoint(EndpointName=endpoint.name, Body=b"x", ContentType="text/csv")
    assert refused.value.response["OriginalStatusCode"] == 415
    assert "send a JPEG or PNG" in refused.value.response["OriginalMessage"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    with pytest.raises(client.exceptions.ModelError) as damaged:
        client.invoke_endpoint(EndpointName=endpoint.name, Body=b"no picture", ContentType="application/x-image")
    assert damaged.value.response["OriginalStatusCode"] == 400
    with pytest.raises(ClientError, match="exceeded 6291456 bytes") as large:
        client.invoke_endpoint(EndpointName=endpoint.name, Body=bytes(6_291_457), ContentType="application/x-image")
    assert large.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.parametrize("title", ["boto3", "AWS CLI", "curl", "SageMaker SDK"])
def test_the_pieces_to_copy_run_as_they_are_printed(endpoint: Served, tmp_path: Path, title: str) -> None:
    if title == "AWS CLI" and not (AWS_CLI / "aws").exists():
        pytest.skip(f"no AWS CLI in {AWS_CLI}")
    shutil.copy(PICTURE, tmp_path / "picture.jpg")
    code = printed_piece(endpoint.said, title)
    program = [sys.executable, "-c", code] if code.startswith("import ") else ["sh", "-c", code]
    path = f"{AWS_CLI}:{os.environ['PATH']}"
    done = subprocess.run(
        program, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    wanted = kept_answer(endpoint.folder, PICTURE)
    # The pieces ask for ten boxes at most.
    expected = {name: value if name == "labels" else list(value)[:10] for name, value in wanted.items()}  # type: ignore[call-overload]
    assert json.loads(done.stdout.splitlines()[-1]) == expected  # the AWS CLI and the SDK say more before


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example:80", "Origin": "http://attacker.example:80"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
    ids=["rebound name", "rebound name and origin", "foreign origin", "origin of nobody"],
)
@pytest.mark.parametrize("path", ["/", "/held-out/0", "invocations"])
def test_foreign_pages_get_nothing(endpoint: Served, headers: dict[str, str], path: str) -> None:
    method, address = ("POST", endpoint.invocations) if path == "invocations" else ("GET", endpoint.url + path)
    body = PICTURE.read_bytes() if method == "POST" else None
    answer = urllib3.request(method, address, headers=headers, body=body, retries=False)
    assert (answer.status, answer.data) == (403, b"")


def test_ctrl_c_ends_it_and_leaves_nothing(runs: Path) -> None:
    before = {path.name for path in (runs / "runs").iterdir()}
    with served(runs) as running:
        assert len({path.name for path in (runs / "runs").iterdir()} - before) == 1
        assert running.stop() == 0
    assert "nothing is left of it" in running.said
    assert {path.name for path in (runs / "runs").iterdir()} == before
    assert command.processes_of(runs) == []


def test_at_a_desktop_the_page_opens_by_itself(runs: Path, tmp_path: Path) -> None:
    browser, got = tmp_path / "browser", tmp_path / "got"
    browser.write_text(f'#!/bin/sh\necho "$1" > {got}\n')
    browser.chmod(0o755)
    elsewhere = ("CI", "SSH_CONNECTION")
    variables = {
        name: value for name, value in command.environment(runs, {"browser": "1"}).items() if name not in elsewhere
    }
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    process = subprocess.Popen(
        [command.KIT, "endpoint"],
        cwd=runs,
        env={**variables, "DISPLAY": ":0", "BROWSER": str(browser)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    said = b""

    def opened() -> str:
        nonlocal said
        with contextlib.suppress(BlockingIOError):
            said += os.read(ours, 65_536)
        assert process.poll() is None, said
        return got.read_text().strip() if got.exists() else ""

    try:
        assert urllib3.request("GET", command.wait_for("the browser", opened)).status == 200
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)
        os.close(ours)
        os.close(theirs)


def test_killed_it_leaves_no_process_and_the_next_one_sweeps(runs: Path) -> None:
    before = {path.name for path in (runs / "runs").iterdir()}
    with served(runs) as running:
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        command.wait_for("the end of its processes", lambda: command.processes_of(runs) == [])
    with served(runs) as again:
        assert len({path.name for path in (runs / "runs").iterdir()} - before) == 1
        assert again.stop() == 0
    assert {path.name for path in (runs / "runs").iterdir()} == before


def test_a_second_one_works_beside_the_first_and_outlives_it(endpoint: Served) -> None:
    with served(endpoint.folder) as second:
        assert second.url != endpoint.url
        for url in (endpoint.url, second.url):
            answer = urllib3.request(
                "POST",
                f"{url}/endpoints/{endpoint.name}/invocations",
                body=PICTURE.read_bytes(),
                headers={"Content-Type": "application/x-image"},
            )
            assert answer.status == 200
        assert second.stop() == 0
    assert urllib3.request("GET", endpoint.url + "/").status == 200


def test_make_clean_leaves_it_alone(endpoint: Served) -> None:
    done = command.kit("clean", folder=endpoint.folder)
    assert done.returncode == 2
    assert "`make endpoint` is going on in another terminal; stop it first." in done.stderr
    assert urllib3.request("GET", endpoint.url + "/").status == 200


def test_a_client_that_hangs_up_holds_nobody_up(endpoint: Served) -> None:
    port = urllib3.util.parse_url(endpoint.url).port
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as client:
            head = (
                f"POST /endpoints/{endpoint.name}/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n"
            )
            client.sendall(head.encode() + b"\r\nhalf of it")
    answer = urllib3.request("GET", endpoint.url + "/")
    assert answer.status == 200


def test_a_serving_process_that_dies_is_told_and_ends_the_command(runs: Path) -> None:
    with served(runs) as running:
        children = psutil.Process(running.process.pid).children(recursive=True)
        next(child for child in children if child.cmdline()[1:] == ["-m", "detector", "serve"]).kill()
        assert running.process.wait(command.PATIENCE_SECONDS) == 4
    assert f"Endpoint {running.name} ended with status 137" in running.said
    assert command.processes_of(runs) == []


@pytest.mark.parametrize("what", ["no run", "unfinished", "no artifact", "port taken", "no address"])
def test_what_it_cannot_serve_is_told_in_a_sentence(runs: Path, what: str) -> None:
    arguments: tuple[str, ...] = ()
    settings: dict[str, str] = {}
    latest = command.latest(runs)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if what == "no run":
            shutil.rmtree(runs / "runs")
            said, status = "is finished; `make local` makes one", 2
        elif what == "unfinished":
            journal = json.loads((latest / "journal.json").read_text())
            journal["stages"]["scoring"]["state"] = "failed"
            (latest / "journal.json").write_text(json.dumps(journal))
            arguments = (latest.name,)
            said, status = (
                f"{latest.name} is not finished and has no model yet; `kit status {latest.name}` says what to do.",
                2,
            )
        elif what == "no artifact":
            (latest / "results" / "model.tar.gz").unlink()
            said, status = f"The model of {latest.name} is not in {latest}/results/model.tar.gz: it was removed", 2
        elif what == "port taken":
            settings = {"port": str(port)}
            said, status = f"Port {port} of 127.0.0.1 is taken (Address already in use); free it or set PORT", 3
        else:
            settings = {"host": "203.0.113.7"}
            said, status = "HOST=203.0.113.7 is no address of this machine", 3
        done = command.kit("endpoint", *arguments, folder=runs, **settings)
    assert said in done.stderr
    assert done.returncode == status
    assert len(done.stderr.strip().splitlines()) == 1
    assert list((runs).glob("runs/endpoint-*")) == []
    assert command.processes_of(runs) == []


def test_a_run_with_keep_ends_in_the_page_and_cleans_up_after_ctrl_c(tmp_path: Path) -> None:
    samples = few_samples(tmp_path / "samples")
    given = {"images": str(samples / "train"), "annotations": str(samples / "train.coco.json")}
    with served(tmp_path, command_name="local", keep="1", epochs="1", image_size="160", **given) as running:
        latest = command.latest(tmp_path)
        held_out = samples / "train" / command.journal(tmp_path)["stages"]["conversion"]["result"]["held_out"][0]
        assert (latest / "report.html").exists()
        assert command.journal(tmp_path)["stages"]["scoring"]["state"] == "finished"
        answer = urllib3.request(
            "POST",
            running.invocations,
            body=held_out.read_bytes(),
            headers={"Content-Type": "application/x-image", "Accept": "application/json;verbose;n_predictions=100"},
        )
        assert answer.json() == kept_answer(tmp_path, held_out)
        assert running.stop() == 0
    assert command.summary(tmp_path)["left_behind"] == []
    assert "Left behind: nothing" in running.said
    assert command.processes_of(tmp_path) == []
