"""Clients that are slow, silent, too many or gone, and who is answered nevertheless: the server as it is configured, in
place of the model something that answers when it is told to."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import uvicorn
from detector.serving import connections, server, waiting
from detector.serving.inference import Detections

HEAD = "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-image\r\nContent-Length: {}\r\n\r\n"
NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass
class Running:
    """A server, and the bodies that it has begun to work on; with `closed`, it does not finish one until told."""

    port: int
    begun: list[bytes] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def connect(self, data: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(data)
        return connection

    def ask(self, data: bytes) -> bytes:
        """The status line of the answer."""
        with self.connect(data) as connection:
            return status(connection)

    def invoke(self, body: bytes = b"good") -> bytes:
        return self.ask(request(body))


def request(body: bytes) -> bytes:
    return HEAD.format(len(body)).encode() + body


def status(connection: socket.socket) -> bytes:
    """The status line of the answer; empty where the server has closed without one."""
    with contextlib.suppress(ConnectionResetError), connection.makefile("rb") as reply:
        return bytes(reply.readline())
    return b""


def is_closed(connection: socket.socket) -> bool:
    """Waits until the server closes it, and takes what comes before that."""
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return True


def hang_up(connection: socket.socket) -> None:
    """Ends it at once instead of closing this side only."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


Start = Callable[..., Running]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    with contextlib.ExitStack() as servers:

        def begin(connections: int = 100, queue: int = 4, largest_body: int = 1000, closed: bool = False) -> Running:
            settings = server.ServerSettings("127.0.0.1", 0, largest_body, queue, 1, connections)
            model = SimpleNamespace(description=SimpleNamespace(labels=("a",)))
            listening = socket.create_server(("127.0.0.1", 0))
            running = Running(listening.getsockname()[1])
            if not closed:
                running.gate.set()

            def find(_model: object, body: bytes, _effort: object) -> Detections:
                running.begun.append(body)
                assert running.gate.wait(20)
                return NOTHING

            monkeypatch.setattr(server, "find", find)
            endpoint = server.Endpoint(model, model, settings)  # type: ignore[arg-type]
            serving = uvicorn.Server(server.configuration(endpoint, settings))
            thread = threading.Thread(target=serving.run, args=([listening],))
            thread.start()

            def stop() -> None:
                running.gate.set()
                serving.should_exit = serving.force_exit = True
                thread.join()
                listening.close()

            servers.callback(stop)
            return running

        yield begin


def until(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(2000):
        if condition():
            return
        waited.wait(0.01)
    pytest.fail("it did not happen within 20 s")


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET /ping HT", b"GET /ping HTTP/1.1\r\nX: ", HEAD.format(100).encode() + bytes(99), HEAD[:30].encode()],
    ids=["nothing", "half a line", "half a head", "all but a byte", "half of a post's head"],
)
def test_what_does_not_go_on_is_ended(start: Start, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    for module, name in ((connections, "HEAD_SECONDS"), (connections, "BODY_SECONDS"), (waiting, "BODY_SECONDS")):
        monkeypatch.setattr(module, name, 0.2)
    running = start()
    with running.connect(begun) as slow:
        assert is_closed(slow)
    assert running.invoke() == b"HTTP/1.1 200 OK\r\n"


def test_a_byte_now_and_then_is_not_enough(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    with start().connect(b"GET /ping HTTP/1.1\r\nX: ") as dripping:
        dripping.settimeout(0.05)
        until(lambda: has_ended_while_dripping(dripping))


def has_ended_while_dripping(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
        return not connection.recv(1000)
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_slow_body_is_told_of(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BODY_SECONDS", 0.2)
    assert start().ask(HEAD.format(100).encode() + bytes(99)) == b"HTTP/1.1 408 Request Timeout\r\n"


@pytest.mark.parametrize("begun", [b"", b"GET /ping HT", HEAD.format(100).encode() + bytes(99)])
def test_however_many_wait_somebody_else_is_answered(start: Start, begun: bytes) -> None:
    running = start(connections=20)
    with contextlib.ExitStack() as many:
        slow = [many.enter_context(running.connect(begun)) for _ in range(60)]
        assert running.ask(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n") == b"HTTP/1.1 200 OK\r\n"
        assert running.invoke() == b"HTTP/1.1 200 OK\r\n"
        # Those that had waited the longest made room.
        assert is_closed(slow[0])


def test_somebody_who_is_being_answered_does_not_make_room(start: Start) -> None:
    running = start(connections=20, closed=True)
    with running.connect(request(b"first")) as first, contextlib.ExitStack() as many:
        until(lambda: running.begun == [b"first"])
        for _ in range(60):
            many.enter_context(running.connect())
        assert running.ask(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n") == b"HTTP/1.1 200 OK\r\n"
        running.gate.set()
        assert status(first) == b"HTTP/1.1 200 OK\r\n"


def test_bodies_on_their_way_are_bounded_and_the_one_that_is_stuck_makes_room(start: Start) -> None:
    running = start(queue=4)
    with contextlib.ExitStack() as many:
        stuck = [many.enter_context(running.connect(HEAD.format(1000).encode() + bytes(999))) for _ in range(20)]
        assert running.invoke(bytes(1000)) == b"HTTP/1.1 200 OK\r\n"
        assert status(stuck[0]) == b"HTTP/1.1 503 Service Unavailable\r\n"


def test_somebody_who_has_hung_up_leaves_the_queue(start: Start) -> None:
    running = start(queue=2, closed=True)
    with running.connect(request(b"first")) as first:
        until(lambda: running.begun == [b"first"])
        for _ in range(10):
            hang_up(running.connect(request(b"gone")))
        # Until the server has heard that they hung up, there is no place.
        until(lambda: has_a_place(running))
        running.gate.set()
        assert status(first) == b"HTTP/1.1 200 OK\r\n"


def has_a_place(running: Running) -> bool:
    with running.connect(request(b"second")) as connection:
        connection.settimeout(0.2)
        try:
            return not connection.recv(1000)
        except TimeoutError:
            return True


def test_somebody_who_may_have_hung_up_makes_room(start: Start) -> None:
    running = start(queue=2, closed=True)
    with running.connect(request(b"first")) as first, running.connect(request(b"half")) as half:
        until(lambda: running.begun == [b"first"])
        half.shutdown(socket.SHUT_WR)
        with running.connect(request(b"second")) as second:
            assert status(half) == b"HTTP/1.1 503 Service Unavailable\r\n"
            running.gate.set()
            assert (status(first), status(second)) == (b"HTTP/1.1 200 OK\r\n",) * 2


def test_somebody_who_closes_his_side_is_answered(start: Start) -> None:
    with start().connect(request(b"good")) as half:
        half.shutdown(socket.SHUT_WR)
        assert status(half) == b"HTTP/1.1 200 OK\r\n"
        assert is_closed(half)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("path", ["/ping", "/invocations", "/other"])
def test_a_request_that_ends_in_two_ways_is_refused(start: Start, path: str, order: int) -> None:
    both = ["Content-Length: 4", "Transfer-Encoding: chunked"][::order]
    head = "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", "Content-Type: image/png", *both, "", ""])
    assert start().ask(head.encode() + b"4\r\ngood\r\n0\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n"


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 10, "٣", "0", "-1", "1_0", ""])
def test_a_number_that_is_none_is_refused(start: Start, number: str) -> None:
    accept = f"Accept: application/json;n_predictions={number}\r\n"
    assert start().ask(request(b"good").replace(b"Host", accept.encode() + b"Host", 1)).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 15, "-1", "1_0", "٣"])
def test_a_length_that_is_none_is_refused(start: Start, length: str) -> None:
    answer = start().ask(HEAD.format(length).encode() + b"good")
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


@pytest.mark.parametrize("sent", [b"", b"GET /ping", HEAD.format(100).encode() + b"half", request(b"good")])
def test_hanging_up_is_no_more_than_a_line(start: Start, caplog: pytest.LogCaptureFixture, sent: bytes) -> None:
    running = start(closed=True)
    with caplog.at_level(logging.INFO):
        hang_up(running.connect(sent))
        running.gate.set()
        assert running.invoke() == b"HTTP/1.1 200 OK\r\n"
    assert not [record for record in caplog.records if record.exc_info]
    assert sum("hung up" in record.message for record in caplog.records) <= 1


@pytest.mark.parametrize("rubbish", [b"ZZZ\r\nnot a chunk", b"-1\r\n", b"fffffffffffffffffffff\r\n"])
def test_rubbish_in_the_midst_is_no_more_than_a_line(start: Start, caplog, rubbish: bytes) -> None:
    running = start()
    head = HEAD.replace("Content-Length: {}", "Transfer-Encoding: chunked").encode()
    assert running.ask(head + b"4\r\ngood\r\n" + rubbish) == b"HTTP/1.1 400 Bad Request\r\n"
    assert running.ask(head.replace(b"image", b"none") + b"4\r\ngood\r\n" + rubbish)[:9] == b"HTTP/1.1 "
    assert not [record for record in caplog.records if record.exc_info]


FEW_FILES = """
import resource, socket
from types import SimpleNamespace
import numpy as np
import uvicorn
from detector.serving import server
from detector.serving.inference import Detections

resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
nothing = Detections(np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.float32))
server.find = lambda model, body, effort: nothing
settings = server.ServerSettings("127.0.0.1", 0, 1000, 4, 1, 500)
model = SimpleNamespace(description=SimpleNamespace(labels=("a",)))
listening = socket.create_server(("127.0.0.1", 0), backlog=settings.connections)
print(listening.getsockname()[1], flush=True)
uvicorn.Server(server.configuration(server.Endpoint(model, model, settings), settings)).run([listening])
"""


def test_with_256_file_descriptors_and_more_clients_than_that_it_goes_on_answering() -> None:
    """`ulimit -n 256`: 250 silent or dripping clients once had all of them, and /ping had none."""
    ping = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    begun = (b"", b"GET /ping HT", b"POST /invocations HTTP/1.1\r\nX: ", HEAD.format(100).encode() + bytes(99))
    with subprocess.Popen([sys.executable, "-c", FEW_FILES], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            running = Running(int(process.stdout.readline()))
            with contextlib.ExitStack() as many:
                for number in range(400):
                    many.enter_context(running.connect(begun[number % len(begun)]))
                    if number % 20 == 19:
                        assert running.ask(ping) == b"HTTP/1.1 200 OK\r\n", number
                assert running.invoke() == b"HTTP/1.1 200 OK\r\n"
        finally:
            process.terminate()
