"""Where the page is reached: from this machine, or (HOST) from a telephone in the room, by an address with a secret."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from dataclasses import dataclass

import segno

from kit.network import LOOPBACK, addresses_of
from kit.qr_code import QR_BORDER


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
    return Address(next(iter(addresses_of(host)), LOOPBACK), port, secrets.token_urlsafe(16))


def qr_picture(text: str) -> str:
    """A QR code as a data URI of an SVG."""
    return str(segno.make(text).svg_data_uri(scale=4, border=QR_BORDER))
