"""Connections of the page's server that cannot hold it up, and bodies that end in time.

uvicorn waits for the rest of a request's head for ever; its protocol class is its own place for such things (`http=`).
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from starlette.exceptions import HTTPException
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10
# A telephone's photograph over a slow wireless network.
BODY_SECONDS = 60
MOST_CONNECTIONS = 64
LONGEST_HEAD = 16 * 1024


class Connection(H11Protocol):
    """Is closed when a request's head has not come within `HEAD_SECONDS`."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._timer is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        HTTPException: 413 when it has more than `most` bytes, 408 when it does not come within `BODY_SECONDS`.
        starlette.requests.ClientDisconnect: the client hung up.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise HTTPException(413)
    try:
        return await asyncio.wait_for(_read(request, most), BODY_SECONDS)
    except asyncio.TimeoutError as error:
        raise HTTPException(408, headers={"Connection": "close"}) from error


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, headers={"Connection": "close"})
    return bytes(body)


def protocol() -> dict[str, Any]:
    """Arguments of `uvicorn.Config` that bound what one client may take."""
    return {
        "http": Connection,
        "ws": "none",
        "lifespan": "off",
        "limit_concurrency": MOST_CONNECTIONS,
        "h11_max_incomplete_event_size": LONGEST_HEAD,
    }
