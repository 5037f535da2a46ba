"""The page's server: a socket of its own, answered from a thread, closed with whoever opened it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from kit.errors import SetupError
from kit.language import _
from kit.serving.connections import protocol

_GRACE_SECONDS = 2
_BACKLOG = 64


def bound(host: str, port: int | None) -> socket.socket:
    """A socket with an address of this machine, a free port unless one is given; it does not listen yet.

    Raises:
        SetupError: the port is taken, or the address is none of this machine's.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port or 0))
    except OSError as error:
        listener.close()
        if port is None:
            raise SetupError(
                _("HOST={host} is no address of this machine ({reason}); leave it out, or say 0.0.0.0.").format(
                    host=host, reason=error.strerror
                )
            ) from error
        raise _taken(host, port, error) from error
    return listener


def _taken(host: str, port: int, error: OSError) -> SetupError:
    return SetupError(
        _("Port {port} of {host} is taken ({reason}); free it or set {setting} to another one.").format(
            port=port, host=host, reason=error.strerror, setting="PORT"
        )
    )


@contextmanager
def answering(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Answers requests on a socket while the block runs; what is under way at its end is given up after a moment.

    Raises:
        SetupError: the port was taken since it was bound.
    """
    host, port = listener.getsockname()
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        raise _taken(host, port, error) from error
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **protocol(),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
