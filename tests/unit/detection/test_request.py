"""What is sent to an endpoint, judged by botocore's own client, and what its errors become."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import cv2
import numpy as np
import pytest
from botocore.config import Config

from kit.detection.request import RefusedPictureError, ask, body_of
from kit.errors import ServiceError
from tests.unit.annotations.pictures import picture_file


class Endpoint(HTTPServer):
    """Answers every request alike and keeps what it was sent: boto3 is real, and so is the wire."""

    def __init__(self, status: int, answer: bytes, headers: dict[str, str]) -> None:
        self.seen: list[tuple[str, str, str, bytes]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.seen.append((self.path, self.headers["Content-Type"], self.headers["Accept"], body))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def serving(status: int = 200, answer: bytes = b"{}", **headers: str) -> Iterator[tuple[Endpoint, Any]]:
    server = Endpoint(status, answer, {name.replace("_", "-"): value for name, value in headers.items()})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, client(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(port: int) -> Any:
    return boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_what_goes_over_the_wire() -> None:
    with serving(answer=b'{"a": 1}') as (server, runtime):
        assert ask(runtime, "plugs", b"\xff\xd8jpeg", 50) == b'{"a": 1}'
        ask(runtime, "plugs", b"x")
    assert server.seen == [
        (
            "/endpoints/plugs/invocations",
            "application/x-image",
            "application/json;verbose;n_predictions=50",
            b"\xff\xd8jpeg",
        ),
        ("/endpoints/plugs/invocations", "application/x-image", "application/json;verbose", b"x"),
    ]


def test_an_error_of_the_model_is_told() -> None:
    body = b'{"Message": "Received client error (400)", "OriginalStatusCode": 400, "OriginalMessage": "not a picture"}'
    headers = {"x_amzn_errortype": "ModelError", "Content_Type": "application/json"}
    with (
        serving(424, body, **headers) as (_, runtime),
        pytest.raises(ServiceError, match=r"endpoint plugs: refused a picture \(not a picture\)"),
    ):
        ask(runtime, "plugs", b"x")


@pytest.mark.parametrize(
    ("status", "code", "body", "said"),
    [
        (
            400,
            "ValidationError",
            {"Message": "Endpoint plugs of account 1 not found."},
            r"endpoint plugs: there is none in service of that name \(Endpoint plugs of account 1 not found\)",
        ),
        (403, "AccessDeniedException", {"Message": "no"}, "endpoint plugs: these credentials may not ask it"),
        (
            424,
            "ModelError",
            {"Message": "m", "OriginalStatusCode": 503, "OriginalMessage": "16 wait"},
            r"endpoint plugs: has too much to do \(16 wait\); try again",
        ),
        (424, "ModelError", {"Message": "m", "OriginalStatusCode": 500, "OriginalMessage": "x"}, "plugs: failed on a"),
    ],
    ids=["not there", "not permitted", "too much to do", "a bug in it"],
)
def test_what_is_no_fault_of_the_picture_is_told_as_that(
    status: int, code: str, body: dict[str, object], said: str
) -> None:
    headers = {"x_amzn_errortype": code, "Content_Type": "application/json"}
    with (
        serving(status, json.dumps(body).encode(), **headers) as (_, runtime),
        pytest.raises(ServiceError, match=said) as raised,
    ):
        ask(runtime, "plugs", b"x")
    assert not isinstance(raised.value, RefusedPictureError)


@pytest.mark.parametrize(("status", "original"), [(424, 415), (424, 413), (424, 400), (413, None)])
def test_a_picture_that_the_endpoint_does_not_take_is_told_from_the_rest(status: int, original: int | None) -> None:
    body = {"Message": "m"} if original is None else {"Message": "m", "OriginalStatusCode": original}
    headers = {"Content_Type": "application/json", **({"x_amzn_errortype": "ModelError"} if original else {})}
    with (
        serving(status, json.dumps(body).encode(), **headers) as (_, runtime),
        pytest.raises(RefusedPictureError, match="endpoint plugs: refused a picture"),
    ):
        ask(runtime, "plugs", b"x")


def test_no_answer_is_told() -> None:
    with serving() as (server, _):
        port = server.server_port
    with pytest.raises(ServiceError, match="endpoint plugs: no answer"):
        ask(client(port), "plugs", b"x")


def test_turned_pictures_are_sent_upright(tmp_path: Path) -> None:
    body = body_of(picture_file(tmp_path / "x.jpg", 60, 40, orientation=6))
    seen = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert seen is not None
    assert seen.shape == (60, 40, 3)


def test_pictures_too_large_for_an_endpoint_are_sent_smaller(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    noise = np.random.default_rng(0).integers(0, 255, (1800, 1400, 3), np.uint8)
    path.write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    assert path.stat().st_size > 6_291_456
    body = body_of(path)
    assert len(body) <= 6_291_456
    seen = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == (900, 700, 3)
