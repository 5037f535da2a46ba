"""Where the page is reached: from this machine, or (HOST) from a telephone in the room, by an address with a secret."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from dataclasses import dataclass

import segno

# Documentation's network (RFC 5737): connecting a datagram socket sends nothing, and tells which address would be used.
_ELSEWHERE = ("192.0.2.1", 9)
_HALF_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_BORDER = 2


@dataclass(frozen=True)
class Address:
    """`secret`: the first part of every path, "" where only this machine reaches it."""

    host: str
    port: int
    secret: str

    @property
    def url(self) -> str:
        """Without a slash at its end: what boto3 takes as endpoint_url."""
        return f"http://{self.host}:{self.port}" + (f"/{self.secret}" if self.secret else "")

    @property
    def page(self) -> str:
        return f"{self.url}/"

    @property
    def is_open(self) -> bool:
        """Whether other machines reach it."""
        return bool(self.secret)


def address_of(listener: socket.socket) -> Address:
    """The address to reach a listening socket by; with a new secret where other machines can reach it."""
    host, port = listener.getsockname()
    if ipaddress.ip_address(host).is_loopback:
        return Address(host, port, "")
    return Address(_outward() if host == "0.0.0.0" else host, port, secrets.token_urlsafe(16))  # noqa: S104


def qr_code(text: str) -> str:
    """A QR code for a terminal, light on dark, which cameras read both ways."""
    rows = [[not module for module in row] for row in segno.make(text).matrix_iter(border=_BORDER)]
    pairs = zip(rows[::2], [*rows[1::2], [False] * len(rows[0])], strict=False)
    return "\n".join("".join(_HALF_BLOCKS[pair] for pair in zip(*both, strict=True)) for both in pairs)


def qr_picture(text: str) -> str:
    """A QR code as a data URI of an SVG."""
    return str(segno.make(text).svg_data_uri(scale=4, border=_BORDER))


def _outward() -> str:
    """The address of this machine on its network; of this machine alone where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
