"""What is shown while environments are made."""

from __future__ import annotations

import io
import threading

from requirements.progress import Progress, shortened

PATIENCE_SECONDS = 60


class Work:
    """Says something else each time it is asked."""

    def __init__(self) -> None:
        self.times = 0
        self.asked_twice = threading.Event()

    def __str__(self) -> str:
        self.times += 1
        if self.times > 2:
            self.asked_twice.set()
        return f"kit {self.times} s, packages"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed_by(stream: io.StringIO) -> str:
    work = Work()
    with Progress(stream, plain_seconds=0.01) as progress, progress.showing(work):
        assert work.asked_twice.wait(PATIENCE_SECONDS)
        progress.say("Made kit.")
    return stream.getvalue()


def test_a_pipe_gets_a_line_now_and_then_while_the_work_goes_on() -> None:
    lines = printed_by(io.StringIO()).splitlines()
    assert lines[:2] == ["kit 1 s, packages", "kit 2 s, packages"]
    assert "Made kit." in lines


def test_a_terminal_has_one_live_line_and_none_of_it_at_the_end() -> None:
    printed = printed_by(Terminal())
    assert "\r\033[Kkit 1 s, packages\r\033[Kkit 2 s, packages" in printed
    assert "\r\033[KMade kit.\n" in printed
    assert printed.endswith("\r\033[K")


def test_a_live_line_never_wraps_in_japanese_either() -> None:
    assert shortened("kit 3 s, パッケージ", 13) == "kit 3 s, パッ"
    assert shortened("kit 3 s", 80) == "kit 3 s"
