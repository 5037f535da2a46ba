"""Signals to a command at work: real processes that hold a lock and have children, as a run has."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.stopping import SIGNALS
from tests.end_to_end.command import hear_signals
from tests.waiting import eventually, is_running

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
# A child that heeds no SIGTERM, and tells who it is.
STUBBORN = "import os, signal; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); signal.pause()"
# Tells when it has taken its lock, as httpcore takes its own: an exception that is raised then leaves it taken.
WORK = """
import itertools, os, sys, threading
from pathlib import Path
from kit import stopping
from kit.local_cloud import process
from kit.local_cloud.process import GuardedProcess, child_environment

class Lock:
    def __init__(self):
        self.lock = threading.Lock()
    def __enter__(self):
        self.lock.acquire()
        print("taken", flush=True)
        sum(range(500_000))
        return self
    def __exit__(self, *_):
        self.lock.release()

def work(child, grace_seconds):
    lock = Lock()
    command = [sys.executable, "-c", child]
    process = GuardedProcess(
        "child", command, environment=child_environment({}), log=Path("child.log"), grace_seconds=grace_seconds
    )
    try:
        while True:
            with lock:
                pass
            stopping.pause(0.001)
    finally:
        with lock:
            process.stop()

stopping.listen()
try:
    with stopping.at_safe_places():
        {program}
except stopping.Stopped:
    sys.exit(stopping.exit_status())
"""

# The command line with a command that has come to where it waits.
WAITING = """
import sys
import click
from kit import cli, stopping

def wait():
    print("here", flush=True)
    while True:
        stopping.pause(60)

cli.kit.add_command(click.Command(sys.argv[1], callback=wait))
cli.main()
"""


@contextmanager
def started(folder: Path, program: str, before: Callable[[], object] | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WORK.replace("{program}", program)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=before or hear_signals,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def child_of(folder: Path) -> int:
    log = folder / "child.log"
    return int(eventually(lambda: log.exists() and log.read_text()))


def wait_for_steps(process: subprocess.Popen[str], steps: int) -> None:
    assert process.stdout is not None
    for _ in range(steps):
        assert process.stdout.readline()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_work_and_what_it_has_started(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, f"work({STUBBORN!r}, 0.1)") as process:
        child = child_of(tmp_path)
        wait_for_steps(process, 1)
        process.send_signal(number)
        _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + number
    assert told == "Stopping; a second signal ends everything at once.\n"
    assert not is_running(child)


def test_whenever_it_comes_and_twice_at_once_nothing_hangs(tmp_path: Path) -> None:
    """As `timeout make local` sends it: to the group, and once more from make."""
    chance = random.Random(16)
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with started(folder, f"work({STUBBORN!r}, 0.1)") as process:
            child = child_of(folder)
            wait_for_steps(process, chance.randrange(1, 15))
            os.killpg(process.pid, signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 128 + signal.SIGTERM, attempt
        assert not is_running(child), attempt


def test_a_second_signal_ends_it_and_its_children_at_once(tmp_path: Path) -> None:
    program = f"stopping._ONE_SIGNAL_SECONDS = 0; work({STUBBORN!r}, 10_000)"
    with started(tmp_path, program) as process:
        child = child_of(tmp_path)
        wait_for_steps(process, 1)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.readline() == "Stopping; a second signal ends everything at once.\n"
        assert is_running(child)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    eventually(lambda: not is_running(child))


def test_a_command_that_is_waited_for_ends_with_it(tmp_path: Path) -> None:
    child = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    program = f"process.run([sys.executable, '-c', {child!r}], stdout=None)"
    with started(tmp_path, program) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert not is_running(pid)


def test_what_was_started_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(tmp_path, f"work({STUBBORN!r}, 0.1)", nohup) as process:
        wait_for_steps(process, 1)
        process.send_signal(signal.SIGHUP)
        wait_for_steps(process, 50)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("local", "Stopped. The same command goes on from the last finished stage."),
        ("cloud-rehearsal", "Stopped. The same command begins anew."),
        ("cloud-clean", "Stopped. The same command does the rest."),
        ("endpoint", "Stopped."),
    ],
)
def test_what_is_told_at_the_end_is_true_of_the_command(tmp_path: Path, command: str, told: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_steps(process, 1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1] == told


def test_where_no_service_is_spoken_to_it_ends_where_it_is(tmp_path: Path) -> None:
    program = "stopping._state.blocks = 0; [print(step, flush=True) for step in itertools.count()]"
    with started(tmp_path, program) as process:
        wait_for_steps(process, 3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGINT
