"""Where other machines of the network reach this one; standard library only, for set-up runs it before it has more."""

from __future__ import annotations

import ipaddress
import socket

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104
# Documentation's network (RFC 5737): connecting a datagram socket sends nothing, and tells which address would be used.
_ELSEWHERE = ("192.0.2.1", 9)


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


def _outward() -> list[str]:
    """The address of this machine on the network that leads elsewhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:  # there is no such network
            return []
        return [str(probe.getsockname()[0])]
