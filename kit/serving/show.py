"""Keeps an endpoint and its page open, and tells on the terminal how to reach them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

from kit import browser, stopping
from kit.console import Console
from kit.errors import ServiceError
from kit.language import _
from kit.qr_code import qr_code
from kit.serving.address import Address, address_of
from kit.serving.app import PageServer
from kit.serving.pieces import Piece
from kit.serving.protocol import OneEndpoint
from kit.serving.server import answering
from kit.serving.subject import Subject

# How often it is looked whether the endpoint is there still.
WATCH_SECONDS = 1.0


def show(
    listener: socket.socket,
    endpoint: OneEndpoint,
    subject: Subject,
    console: Console,
    *,
    pieces: Callable[[str, str], Sequence[Piece]],
    browse: bool,
    ending: Callable[[], str | None],
    watch_seconds: float = WATCH_SECONDS,
    price: str = "",
    seconds: float = float("inf"),
) -> bool:
    """Returns when somebody presses Ctrl-C, or `seconds` are over: whether they are.

    Args:
        listener: of the page; closed at the end.
        pieces: code to copy, by the address and the endpoint's name.
        browse: whether the page opens in the browser by itself, the setting BROWSER.
        ending: how the endpoint has ended, None as long as it is there.

    Raises:
        ServiceError: the endpoint has ended by itself.
    """
    address = address_of(listener)
    code = pieces(address.url, endpoint.name)
    app = PageServer(endpoint, subject, address, code, price).application()
    deadline = time.monotonic() + seconds
    with answering(app, listener):
        _tell(console, address, endpoint.name, code)
        browser.open_page(address.page, console, wanted=browse)
        while (left := deadline - time.monotonic()) > 0:
            if stopping.ctrl_c_within(min(watch_seconds, left)):
                return False
            reason = ending()
            if reason is not None:
                raise ServiceError(reason)
    return True


def _tell(console: Console, address: Address, endpoint: str, code: Sequence[Piece]) -> None:
    console.say(_("Endpoint: {name}").format(name=endpoint))
    for piece in code:
        console.say()
        console.say(f"{piece.title}:")
        console.say("\n".join(f"    {line}" for line in piece.text.splitlines()))
    console.say()
    if address.is_open:
        console.say(qr_code(address.page))
        console.say(
            _(
                "Every machine of this network that knows this address can use the endpoint, see the held-out pictures "
                "and add to those to label, for as long as this command runs."
            )
        )
    console.heading(_("Page:     {address}").format(address=address.page))
    console.say(_("Ctrl-C ends it."))
