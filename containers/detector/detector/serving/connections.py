"""Connections that cannot hold the endpoint up: each has its time, all together their number.

uvicorn waits for a request for ever, and takes connections until there is no file descriptor left for the next. Its
protocol class is its own place for such things (`http=` of `uvicorn.run`).
"""

from __future__ import annotations

import asyncio
import logging
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# Begun and not ended, a request has so many seconds: for its head, and for its body after that. An ordinary client on a
# slow line (2 Mbit/s) needs 25 s for the largest picture.
HEAD_SECONDS = 10
BODY_SECONDS = 30
# SageMaker waits 60 s for an answer; somebody who does not fetch it has as long.
ANSWER_SECONDS = 60
# A client that is refused before its body is there goes on sending for a while, and only then reads why.
LINGER_SECONDS = 5
# So many connections may come at once before the first of them is looked at.
BACKLOG = 64
# Besides connections: the model, logs, what comes at once, and what is being closed.
OTHER_FILES = 64 + 2 * BACKLOG

HALF_CLOSED = "detector.half_closed"


class Connection(H11Protocol):
    """A client's connection; where there are `most`, the one that has kept us waiting the longest makes room."""

    # uvicorn makes connections itself, and its own limit turns the newest away.
    most = 500

    _watched: tuple[object, object, bool] | None = None
    _timer: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.most:
            others = [each for each in self.connections if isinstance(each, Connection)]
            # Rather none that is being answered; but somebody who does not fetch his answer seems to be.
            least_missed = min(others, key=lambda each: (not each.keeps_us_waiting(), each._since))
            least_missed._end("there are too many connections")
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)
        if self.cycle is not None:
            self.cycle.body.clear()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps the way back open for somebody who has asked, and says only that nothing more will come."""
        if self.cycle is None or self.cycle.response_complete or self.conn.their_state is h11.SEND_BODY:
            return None
        self.cycle.keep_alive = False
        self.cycle.scope.setdefault("extensions", {})[HALF_CLOSED] = {}
        return True

    def send_400_response(self, msg: str) -> None:
        # What is no HTTP may also come after an answer has begun.
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def keeps_us_waiting(self) -> bool:
        """Whether it is the client's turn: with a request, the rest of one, or nothing."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY) or self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Begins to count anew whenever something else is waited for."""
        answered = self.cycle is not None and self.cycle.response_complete
        now = (self.cycle, self.conn.their_state, answered)
        if now == self._watched:
            return
        self._watched = now
        self._since = self.loop.time()
        if self._timer is not None:
            self._timer.cancel()
        if self.conn.their_state is h11.IDLE:
            patience, reason = HEAD_SECONDS, f"no whole request came within {HEAD_SECONDS} s"
        elif self.conn.their_state is h11.SEND_BODY and answered:
            patience, reason = LINGER_SECONDS, "it goes on sending what was refused"
        elif self.conn.their_state is h11.SEND_BODY:
            # The endpoint itself has told the client by then, where it reads bodies at all.
            patience, reason = BODY_SECONDS + LINGER_SECONDS, f"the body did not come within {BODY_SECONDS} s"
        else:
            patience, reason = ANSWER_SECONDS, f"its answer was not taken within {ANSWER_SECONDS} s"
        self._timer = self.loop.call_later(patience, self._end, reason)

    def _end(self, reason: str) -> None:
        logging.getLogger(__name__).info("connection closed: %s", reason)
        self.connections.discard(self)
        self.transport.abort()


def limited(most: int) -> type[Connection]:
    """Connections of which at most so many are open at a time, or as many as there are file descriptors for."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files != resource.RLIM_INFINITY:
        most = max(8, min(most, files - OTHER_FILES))
    return type("LimitedConnection", (Connection,), {"most": most})


def is_ambiguous(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request says in two ways where it ends: two readers of it may take different requests for the next."""
    return {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers}


def is_half_closed(scope: Any) -> bool:
    """Whether the client has closed its side: it may still wait for the answer, or be gone."""
    return HALF_CLOSED in scope.get("extensions", {})
