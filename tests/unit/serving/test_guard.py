"""Who may ask the page's server, and for how long it waits for them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from kit.qr_code import qr_code
from kit.serving import connections
from kit.serving.address import Address, address_of
from kit.serving.app import PageServer
from kit.serving.guard import is_own
from kit.serving.pieces import pieces_here
from kit.serving.protocol import OneEndpoint
from kit.serving.server import answering, bound
from kit.serving.subject import Subject


@pytest.mark.parametrize(
    ("host", "address", "own"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost:9000", "127.0.0.1", True),  # a port that is forwarded
        ("192.168.1.20:8080", "192.168.1.20", True),
        ("localhost:8080", "192.168.1.20", False),
        ("attacker.example", "127.0.0.1", False),
        ("attacker.example:8080", "192.168.1.20", False),
        ("127.0.0.1.attacker.example:80", "127.0.0.1", False),
        ("", "127.0.0.1", False),
    ],
)
def test_a_host_is_ours_when_it_names_the_address_of_the_connection(host: str, address: str, own: bool) -> None:
    assert is_own(host, address) is own


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Address]:
    """The page's server on every address of this machine, as HOST=0.0.0.0 opens it."""
    with bound("0.0.0.0", None) as listener:  # noqa: S104
        address = address_of(listener)
        endpoint = OneEndpoint("plugs", None, "000000000000")  # type: ignore[arg-type]
        subject = Subject("run", ("a",), 0.5, {}, "", tmp_path / "to-label")
        app = PageServer(endpoint, subject, address, pieces_here(address.url, "plugs")).application()
        with answering(app, listener):
            yield address


def test_without_the_secret_nothing_is_answered(served: Address) -> None:
    here = f"http://127.0.0.1:{served.port}"
    wrong = served.secret[:-1] + ("a" if served.secret[-1] != "a" else "b")
    for path in ("/", "/held-out/0", f"/{wrong}/", f"/{served.secret}2/", f"/other/{served.secret}/"):
        answer = urllib3.request("GET", here + path, retries=False)
        assert (answer.status, answer.data) == (403, b""), path
    assert urllib3.request("POST", here + "/to-label", retries=False).status == 403
    page = urllib3.request("GET", f"{here}/{served.secret}/")
    assert page.status == 200
    assert served.page in page.data.decode()
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert urllib3.request("GET", f"{here}/{served.secret}/", headers={"Origin": "http://evil.example"}).status == 403


def test_two_addresses_have_two_secrets_and_this_machine_alone_needs_none() -> None:
    with bound("0.0.0.0", None) as one, bound("0.0.0.0", None) as other, bound("127.0.0.1", None) as here:  # noqa: S104
        secrets = {address_of(one).secret, address_of(other).secret}
        assert len(secrets) == 2
        assert all(len(secret) >= 20 for secret in secrets)
        assert address_of(here).secret == ""


def test_a_head_that_does_not_end_is_not_waited_for(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
        assert client.recv(1) == b"", "the server has closed the connection"


def test_a_body_that_does_not_end_is_not_waited_for(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as client:
        path = f"/{served.secret}/pictures"
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nhalf".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_body_larger_than_is_taken_is_not_read(served: Address) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as client:
        head = f"POST /{served.secret}/pictures HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000001\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_qr_code_has_a_quiet_zone_and_is_square() -> None:
    lines = qr_code("http://192.168.1.20:8080/the-secret/").splitlines()
    assert set(lines[0]) == {"█"}
    assert {len(line) for line in lines} == {len(lines[0])}
    assert abs(len(lines[0]) - 2 * len(lines)) <= 1
