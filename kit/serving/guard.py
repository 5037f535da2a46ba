"""Who may ask the page's server, and what a browser may do with its answers.

A page of the internet can have its own name resolved to this machine (DNS rebinding), or let a visitor's browser send
requests here: so that `Host` has to be an address of this server, and `Origin`, where there is one, the same. Whoever
is refused is told nothing.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAME = "localhost"


class Guard:
    """Lets pass what comes from the page itself, or from a program that knows the address.

    Args:
        secret: the first part of every path; "" where the server is reached from this machine alone.
        headers: of every answer.
    """

    def __init__(self, app: ASGIApp, secret: str, headers: Mapping[str, str]) -> None:
        self._app = app
        self._secret = secret
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._lets_pass(scope):
            await Response(status_code=403)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        root = f"/{self._secret}" if self._secret else ""
        await self._app({**scope, "root_path": root}, receive, with_headers)

    def _lets_pass(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_own(host, scope["server"][0]) or origin not in (None, f"http://{host}"):
            return False
        first = scope["path"].lstrip("/").partition("/")[0]
        return not self._secret or secrets.compare_digest(first.encode(), self._secret.encode())


def is_own(host: str, address: str) -> bool:
    """Whether a `Host` header names the address that the connection came in on; on which port does not matter, for it
    may be forwarded."""
    name = host.rpartition(":")[0] or host
    return name == address or (name == LOOPBACK_NAME and ipaddress.ip_address(address).is_loopback)
