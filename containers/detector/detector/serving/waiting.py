"""Who waits and who is worked on: bodies on their way, and pictures in the queue.

Both are bounded. Where there are too many, somebody who seems to be stuck or gone makes room before anybody is turned
away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from detector.serving.connections import BODY_SECONDS, is_half_closed


class TurnedAwayError(Exception):
    """There is no room, or it took too long; with the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class GoneError(Exception):
    """The client hung up."""


class Bodies:
    """Bodies that are on their way: at most `most` bytes in all, of each at most `largest`.

    Where there are more, the one that has got nothing for the longest time is given up.
    """

    def __init__(self, largest: int, most: int) -> None:
        self._largest, self._most = largest, most
        self._held: dict[asyncio.Task[None], int] = {}

    async def read(self, request: Request) -> bytes:
        """The request's body.

        Raises:
            TurnedAwayError: it is too large, too slow, or given up.
            starlette.requests.ClientDisconnect: the client hung up.
        """
        if int(request.headers.get("content-length", "0")) > self._largest:
            raise self._too_large()
        body = bytearray()
        reading = asyncio.ensure_future(self._read(request, body))
        self._held[reading] = 0
        try:
            await asyncio.wait({reading}, timeout=BODY_SECONDS)
            if not reading.done():
                reading.cancel()
                raise TurnedAwayError(408, f"the picture did not come within {BODY_SECONDS} s: send it faster")
            if reading.cancelled():
                raise TurnedAwayError(503, "too many pictures are on their way: try again")
            reading.result()
            return bytes(body)
        finally:
            # An error holds the frames that it passed, and these hold the error: the bytes must not wait with them
            # until the garbage is collected.
            body.clear()
            del self._held[reading], reading

    async def _read(self, request: Request, body: bytearray) -> None:
        this = asyncio.current_task()
        assert this is not None  # noqa: S101 (it is run as one)
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > self._largest:
                    raise self._too_large()
                # The last to have got something goes to the end.
                del self._held[this]
                self._held[this] = len(body)
                self._make_room(this)
        finally:
            del this

    def _make_room(self, this: asyncio.Task[None]) -> None:
        surplus = sum(self._held.values()) - self._most
        for other, held in list(self._held.items()):
            if surplus <= 0 or other is this:
                return
            if held and other.cancel():
                self._held[other] = 0
                surplus -= held

    def _too_large(self) -> TurnedAwayError:
        return TurnedAwayError(413, f"the picture is larger than {self._largest} bytes: send a smaller one")


@dataclass(eq=False)
class _Waiting:
    request: Request
    called: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Queue:
    """Whose picture is worked on: `workers` at a time, with those that wait at most `places`.

    Somebody who has closed his side may wait for an answer or be gone, which TCP does not tell apart; so he is worked
    on after those who are there, and makes room for them.
    """

    def __init__(self, workers: int, places: int) -> None:
        self._workers, self._places = workers, places
        self._working = 0
        self._waiting: list[_Waiting] = []

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[bool]:
        """Waits for the request's turn; whether it is then the only one.

        Raises:
            TurnedAwayError: all places are taken.
            GoneError: the client hung up while it waited.
        """
        alone = not self._working
        if self._working < self._workers:
            self._working += 1
        else:
            await self._called(request)
        try:
            yield alone
        finally:
            self._working -= 1
            self._call_next()

    async def _called(self, request: Request) -> None:
        self._find_place()
        waiting = _Waiting(request)
        self._waiting.append(waiting)
        hung_up = asyncio.ensure_future(_hung_up(request))
        either: set[asyncio.Future[Any]] = {waiting.called, hung_up}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hung_up.cancel()
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        if not waiting.called.done():
            raise GoneError
        if not waiting.called.result():
            raise self._full()

    def _find_place(self) -> None:
        if self._working + len(self._waiting) < self._places:
            return
        doubtful = [each for each in self._waiting if is_half_closed(each.request.scope)]
        if not doubtful:
            raise self._full()
        self._waiting.remove(doubtful[-1])
        doubtful[-1].called.set_result(False)

    def _call_next(self) -> None:
        if self._waiting:
            following = min(self._waiting, key=lambda each: is_half_closed(each.request.scope))
            self._waiting.remove(following)
            self._working += 1
            following.called.set_result(True)

    def _full(self) -> TurnedAwayError:
        return TurnedAwayError(503, f"{self._working + len(self._waiting)} requests are waiting already: try again")


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
