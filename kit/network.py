"""Where other machines of the network reach this one, and the QR code by which a telephone gets there."""

from __future__ import annotations

import ipaddress
import socket

import segno

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104
# Documentation's network (RFC 5737): connecting a datagram socket sends nothing, and tells which address would be used.
_ELSEWHERE = ("192.0.2.1", 9)
_HALF_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
QR_BORDER = 2


def addresses_of(host: str) -> tuple[str, ...]:
    """The addresses by which other machines reach what is served on `host`, the likeliest first; none where it is a
    loopback one, or there is no network.

    Args:
        host: an IPv4 address of this machine, or 0.0.0.0 for all of them.
    """
    if host != EVERYWHERE:
        found = [host]
    else:
        try:
            by_name = socket.gethostbyname_ex(socket.gethostname())[2]
        except OSError:  # a machine whose own name leads nowhere
            by_name = []
        found = [*_outward(), *by_name]
    return tuple(dict.fromkeys(each for each in found if not ipaddress.ip_address(each).is_loopback))


def qr_code(text: str) -> str:
    """A QR code for a terminal, light on dark, which cameras read both ways."""
    rows = [[not module for module in row] for row in segno.make(text).matrix_iter(border=QR_BORDER)]
    pairs = zip(rows[::2], [*rows[1::2], [False] * len(rows[0])], strict=False)
    return "\n".join("".join(_HALF_BLOCKS[pair] for pair in zip(*both, strict=True)) for both in pairs)


def _outward() -> list[str]:
    """The address of this machine on the network that leads elsewhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:  # there is no such network
            return []
        return [str(probe.getsockname()[0])]
