"""The real detector serves, as a process and in its image: SageMaker's container contract and JumpStart's answers."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from kit.local_cloud import environments
from tests.contract.runtimes import why_not
from tests.contract.servers import SERVERS, Serve, Server
from tests.detector.conftest import train_briefly
from tests.detector.pictures import jpeg, png
from tests.detector.scenes import LABELS, write_channel
from tests.once import made_once
from tests.waiting import eventually

VERBOSE = "application/json;verbose;n_predictions=3"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("channel")
    write_channel(folder, 12, seed=7)
    return folder


@pytest.fixture(scope="module")
def trained(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base folder of a training of one epoch: it does not matter here what the model finds."""
    python = environments.DETECTOR / "bin" / "python"
    return made_once(tmp_path_factory, "trained", lambda base: train_briefly(base, channel, python=python, epochs=1))


@pytest.fixture(scope="module", params=SERVERS)
def kind(request: pytest.FixtureRequest) -> type[Server]:
    if (reason := why_not(request.param)) is not None:
        pytest.skip(reason)
    return SERVERS[request.param]


@pytest.fixture(scope="module")
def server(kind: type[Server], trained: Path) -> Iterator[Server]:
    running = kind(trained, {})
    yield running
    running.close()


@pytest.fixture
def serve(kind: type[Server], trained: Path) -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(**environment: str) -> Server:
            running = kind(trained, environment)
            servers.callback(running.close)
            return running

        yield start


@pytest.fixture(scope="module")
def body(channel: Path) -> bytes:
    return (channel / "images" / "000.jpg").read_bytes()


def test_ping_is_well_only_when_it_can_answer(serve: Serve, body: bytes) -> None:
    # `serve` returns with the first /ping that is answered with 200.
    assert serve().ask(body).status_code == 200


def test_verbose_answer(server: Server, body: bytes) -> None:
    answer = server.ask(body, accept=VERBOSE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert set(found) == {"normalized_boxes", "classes", "scores", "labels"}
    assert found["labels"] == list(LABELS)
    assert len(found["normalized_boxes"]) == len(found["classes"]) == len(found["scores"]) == 3
    assert found["scores"] == sorted(found["scores"], reverse=True)
    for left, top, right, bottom in found["normalized_boxes"]:
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
    assert set(found["classes"]) <= {0.0, 1.0, 2.0}


@pytest.mark.parametrize("accept", [None, "application/json", "*/*"])
def test_plain_answer_has_every_box_and_no_labels(server: Server, body: bytes, accept: str | None) -> None:
    found = server.ask(body, accept=accept).json()
    assert set(found) == {"normalized_boxes", "classes", "scores"}
    assert len(found["scores"]) > 3


def test_n_predictions_are_the_best_ones(server: Server, body: bytes) -> None:
    every = server.ask(body).json()
    assert server.ask(body, accept=VERBOSE).json()["normalized_boxes"] == every["normalized_boxes"][:3]


def test_a_quick_answer_is_another_of_the_same_form(server: Server, body: bytes) -> None:
    quick = server.ask(body, accept=VERBOSE, attributes="frame=7, detector-effort=quick").json()
    full = server.ask(body, accept="application/json;verbose").json()
    assert set(quick) == set(full)
    assert quick["normalized_boxes"][0] not in full["normalized_boxes"]
    # Both place the object alike, whatever they think of its class.
    distances = np.abs(np.array(full["normalized_boxes"]) - quick["normalized_boxes"][0]).max(1)
    assert distances.min() < 0.1


@pytest.mark.parametrize("attributes", ["", "frame=7", "detector-effort=full", "a,,=b"])
def test_attributes_of_others_change_nothing(server: Server, body: bytes, attributes: str) -> None:
    assert server.ask(body, attributes=attributes).json() == server.ask(body).json()


def test_an_effort_that_there_is_not_is_refused(server: Server, body: bytes) -> None:
    answer = server.ask(body, attributes="detector-effort=none")
    assert (answer.status_code, answer.text) == (400, 'detector-effort is "none": give full or quick\n')


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation(server: Server, body: bytes, orientation: int) -> None:
    """A picture stored turned is answered as it is shown: the same boxes, but for the JPEG's loss."""
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    undone = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_COUNTERCLOCKWISE, 8: cv2.ROTATE_90_CLOCKWISE}[orientation]
    turned = server.ask(jpeg(cv2.rotate(pixels, undone), orientation), accept=VERBOSE).json()
    upright = server.ask(jpeg(pixels), accept=VERBOSE).json()
    np.testing.assert_allclose(turned["normalized_boxes"][0], upright["normalized_boxes"][0], atol=0.02)
    assert turned["classes"][0] == upright["classes"][0]


def test_png_is_taken(server: Server, body: bytes) -> None:
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    as_png = cv2.imencode(".png", pixels)[1].tobytes()
    assert server.ask(as_png, content_type="image/png").json() == server.ask(body).json()


@pytest.mark.parametrize(
    ("content", "content_type", "accept", "status", "text"),
    [
        (b"{}", "application/json", None, 415, "send a JPEG or PNG as application/x-image"),
        (b"x", "", None, 415, "send a JPEG or PNG"),
        (b"", "application/x-image", None, 400, "neither a JPEG nor a PNG"),
        (b"no picture", "application/x-image", None, 400, "neither a JPEG nor a PNG"),
        (jpeg(np.zeros((99, 99, 3), np.uint8))[:400], "application/x-image", None, 400, "damaged"),
        (png(50_000, 50_000), "application/x-image", None, 400, "declares 50000 x 50000 pixels"),
        (b"x", "application/x-image", "text/csv", 406, "only application/json"),
        (b"x", "application/x-image", "application/json;n_predictions=all", 400, "n_predictions"),
        (b"x", "application/x-image", "application/json;n_predictions=0", 400, "n_predictions"),
        (bytes(6 * 1024 * 1024 + 1), "application/x-image", None, 413, "larger than 6291456 bytes"),
    ],
)
def test_what_is_refused_and_how(server, content, content_type, accept, status, text) -> None:
    answer = server.ask(content, content_type, accept)
    assert (answer.status_code, text in answer.text) == (status, True)
    assert httpx.get(f"{server.url}/ping").status_code == 200


def test_a_body_without_a_declared_length_is_limited_too(server: Server) -> None:
    answer = httpx.post(
        f"{server.url}/invocations",
        content=(bytes(1024 * 1024) for _ in range(7)),
        headers={"Content-Type": "application/x-image"},
    )
    assert answer.status_code == 413


def test_other_paths_and_methods(server: Server) -> None:
    assert httpx.get(f"{server.url}/invocations").status_code == 405
    assert httpx.get(f"{server.url}/models").status_code == 404


def test_many_at_once_get_their_own_answers(server: Server, channel: Path) -> None:
    bodies = [path.read_bytes() for path in sorted((channel / "images").iterdir())[:6]]
    expected = [server.ask(body).json() for body in bodies]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(server.ask, bodies * 2))
    assert [answer.json() for answer in answers] == expected * 2


def test_a_full_queue_is_told(serve: Serve, channel: Path) -> None:
    big = cv2.resize(cv2.imread(str(channel / "images" / "000.jpg")), (6000, 4500))
    slow = cv2.imencode(".png", big, (cv2.IMWRITE_PNG_COMPRESSION, 1))[1].tobytes()
    running = serve(DETECTOR_QUEUE="1", DETECTOR_LARGEST_BODY=str(len(slow)))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(running.ask, [slow] * 8))
    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {200, 503}
    assert by_status[503].headers["retry-after"] == "1"
    assert running.ask((channel / "images" / "000.jpg").read_bytes()).status_code == 200


def test_sigterm_lets_a_request_in_flight_finish(serve: Serve, body: bytes) -> None:
    running = serve()
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        connection.sendall(f"{head}\r\nContent-Type: application/x-image\r\n\r\n".encode() + body[:1000])
        # The server has begun with this request once it answers one that came after it.
        assert running.ask(body).status_code == 200
        running.terminate()
        eventually(lambda: is_refused(running.port))
        connection.sendall(body[1000:])
        with connection.makefile("rb") as reply:
            assert reply.readline() == b"HTTP/1.1 200 OK\r\n"
            while reply.readline().strip():
                pass
            assert json.loads(reply.read())["scores"]
    eventually(lambda: running.exit_status() is not None)
    assert running.exit_status() in (0, 128 + signal.SIGTERM)


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False
