"""Services that are watched while people label or a job runs: one that has ended is started again, and that is said."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.process import Service, with_log

# One that ends again and again has a reason that starting it does not take away.
MOST_RESTARTS = 3


class Watch:
    """Looks after one service, from any thread.

    Args:
        service: what runs now.
        restart: starts it again at the same address; returns when it answers, with all that it had.
        say: told when that happens.
    """

    def __init__(
        self, service: Callable[[], Service], restart: Callable[[], None], say: Callable[[str], object]
    ) -> None:
        self._service = service
        self._restart = restart
        self._say = say
        self._restarts = 0
        self._lock = threading.Lock()

    def look(self) -> bool:
        """Starts the service again if it has ended; whether it did.

        Raises:
            ServiceError: it has ended too often, or does not come up again.
        """
        with self._lock:
            service = self._service()
            status = service.exit_status()
            if status is None:
                return False
            if self._restarts == MOST_RESTARTS:
                raise ServiceError(
                    with_log(
                        service,
                        _(
                            "{name} has ended for the {count}th time, now with status {status}, and is not started "
                            "again; look for the reason, then the same command goes on"
                        ).format(name=service.name, count=self._restarts + 1, status=status),
                    )
                )
            self._restarts += 1
            self._say(
                _("  {name} has ended with status {status}; it is started again.").format(
                    name=service.name, status=status
                )
            )
            self._restart()
            return True
