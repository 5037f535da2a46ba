"""Waiting for something on AWS or on this machine, never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from kit import stopping
from kit.errors import ServiceError
from kit.language import _


def wait_while(pending: Callable[[], str | None], *, what: str, seconds: float, poll_seconds: float, todo: str) -> None:
    """Looks again and again until nothing is pending.

    Args:
        pending: the status as long as it has to be waited for, then None.
        what: what is waited for, as a sentence begins with it.
        todo: what to do should it take longer than `seconds`, as a sentence ends with it.

    Raises:
        ServiceError: it takes longer; says the last status.
        Stopped: a signal has come.
    """
    deadline = time.monotonic() + seconds
    while (status := pending()) is not None:
        if time.monotonic() > deadline:
            raise ServiceError(
                _("{what} is still {status} after {seconds:.0f} s; {todo}.").format(
                    what=what, status=status, seconds=seconds, todo=todo
                )
            )
        stopping.pause(poll_seconds)
