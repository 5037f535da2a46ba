"""The time of this AWS: that of the machine, and further by what somebody lets go by."""

from __future__ import annotations

import time


class Clock:
    """Seconds that only grow, for what takes its time here to come, to be known and to go."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Lets time go by at once: no one has to wait for minutes that pass here only."""
        self._ahead += seconds
