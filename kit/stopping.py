"""Stopping a command by a signal: the work is left at a safe place, never in the middle of somebody's lock.

Python calls a signal's handler between any two instructions of the main thread, those of a library that has just taken
a lock among them. An exception that is raised there leaves the lock taken for good, and what then closes connections
and ends services may wait for it for ever (httpcore's was waited for, seen for 17 minutes). So within `at_safe_places`
the handler notes the signal and does nothing else; the work looks for it where it waits and where it tells of its
progress (`look`, `pause`), and is left there by `Stopped`. A second signal ends the process at once, and with it all
that it has started.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

from kit.language import _

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# One Ctrl-C or one kill comes several times: to the group, to the process, once more from make, which hands it on.
_ONE_SIGNAL_SECONDS = 1.0


class Stopped(KeyboardInterrupt):
    """A signal asks the command to end; what catches KeyboardInterrupt, as click does, catches it too."""


@dataclass
class _State:
    """Of this process. The pipe has something to read from the first signal on."""

    noted: int | None = None
    since: float = -_ONE_SIGNAL_SECONDS
    told: bool = False
    blocks: int = 0
    pipe: tuple[int, int] | None = None
    at_once: set[Callable[[], object]] = field(default_factory=set)


_state = _State()


def listen() -> None:
    """Takes over the signals, but for those that this process was told to ignore (by nohup, or by a shell's `&`)."""
    _state.pipe = os.pipe()
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _note)


@contextlib.contextmanager
def at_safe_places() -> Iterator[None]:
    """In the block a signal is heeded by `look` and `pause` alone; elsewhere it ends the command where it is."""
    _state.blocks += 1
    try:
        yield
    finally:
        _state.blocks -= 1


def look() -> None:
    """A place at which the work may be left: raises Stopped, once and in the main thread, when a signal has come."""
    if _state.noted is None or _state.told or not _is_main_thread():
        return
    _state.told = True
    if _state.noted == signal.SIGHUP:
        _leave_the_terminal()
    tell(_("Stopping; a second signal ends everything at once."))
    raise Stopped


def pause(seconds: float) -> None:
    """Waits so long, or until a signal comes; raises as `look`."""
    look()
    if _state.pipe is None or _state.noted is not None or not _is_main_thread():
        time.sleep(seconds)
    else:
        select.select([_state.pipe[0]], [], [], seconds)
    look()


def ctrl_c_within(seconds: float) -> bool:
    """Waits so long; True as soon as Ctrl-C is pressed, by which the command ends nothing but this waiting.

    Raises:
        Stopped: another signal came.
    """
    if _state.pipe is not None and _state.noted is None:
        select.select([_state.pipe[0]], [], [], seconds)
    if _state.pipe is not None and _state.noted == signal.SIGINT and not _state.told:
        os.read(_state.pipe[0], 1)
        _state.noted = None
        return True
    look()
    return False


def is_in_vain() -> bool:
    """In other threads than the main one: whether a signal has come, so that nobody waits for their work any more."""
    return _state.noted is not None and not _is_main_thread()


def tell(text: str) -> None:
    """Prints to standard error, if anybody is there."""
    # Ctrl-C ends what reads a pipe's other end as well.
    with contextlib.suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def exit_status() -> int:
    """130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP; 0 after a Ctrl-C that make has had as well.

    make then ends by it, for its caller with 130; of any other status it would say `*** [local] Error 130`.
    """
    number = _state.noted or signal.SIGINT
    return 0 if number == signal.SIGINT and _is_under_make_on_a_terminal() else 128 + number


def take_along(end: Callable[[], object]) -> None:
    """From now on a second signal calls `end` before it ends the process: a system call that does not wait, no more."""
    _state.at_once.add(end)


def leave_out(end: Callable[[], object]) -> None:
    """Takes back a `take_along`."""
    _state.at_once.discard(end)


def on_sigterm(work: Callable[[], object]) -> None:
    """For a program of its own: the first SIGTERM has `work` called in another thread, whatever the main one is at."""
    asked, asks = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(asks, b"!"))

    def wait() -> None:
        os.read(asked, 1)
        work()

    threading.Thread(target=wait, name="SIGTERM", daemon=True).start()


def _note(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    # What has just ended a `ctrl_c_within` is not to end what comes after it.
    if _state.noted is None and now - _state.since > _ONE_SIGNAL_SECONDS:
        _state.noted, _state.since = number, now
        if _state.pipe is not None:
            os.write(_state.pipe[1], b"!")
        if not _state.blocks:
            _state.told = True
            raise Stopped
    elif _state.noted is not None and now - _state.since > _ONE_SIGNAL_SECONDS:
        for end in tuple(_state.at_once):
            # What has just ended by itself is what was wanted.
            with contextlib.suppress(OSError):
                end()
        os._exit(exit_status())


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_under_make_on_a_terminal() -> bool:
    """Whether make is in the process group that the terminal's Ctrl-C goes to, and not this process by itself."""
    if "MAKELEVEL" not in os.environ or os.getpgrp() == os.getpid() or not sys.stdin or not sys.stdin.isatty():
        return False
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def _leave_the_terminal() -> None:
    # It is gone: whatever was written to it would fail, and with it the work of ending.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nowhere, stream)
    os.close(nowhere)
