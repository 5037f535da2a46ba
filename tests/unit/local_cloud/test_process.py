"""Guarded processes: real ones, small."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from kit.errors import ServiceError, SetupError
from kit.local_cloud import orphans
from kit.local_cloud.process import GuardedProcess, child_environment, choose_port, wait_until_ready
from tests.waiting import eventually, is_running

# Tells its pid and that of a child of its own, then waits for ever. `stubborn` ones ignore SIGTERM.
FAMILY = """
import os, signal, subprocess, sys
stubborn = "stubborn" in sys.argv
if stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" not in sys.argv:
    child = subprocess.Popen([sys.executable, "-c", os.environ["FAMILY"], "child", *sys.argv[1:]])
    print(os.getpid(), child.pid, flush=True)
if "leave" in sys.argv and "child" not in sys.argv:
    sys.exit(7)
signal.pause()
"""


def start(folder: Path, program: str, *arguments: str, grace_seconds: float = 10.0) -> GuardedProcess:
    return GuardedProcess(
        "The test's process",
        [sys.executable, "-c", program, *arguments],
        environment=child_environment({"FAMILY": FAMILY}),
        log=folder / "log",
        grace_seconds=grace_seconds,
    )


def family_of(process: GuardedProcess) -> list[int]:
    pids = [int(word) for word in eventually(process.output).split()]
    assert len(pids) == 2
    assert all(is_running(pid) for pid in pids)
    return pids


@pytest.mark.parametrize(
    ("program", "status"), [("raise SystemExit(3)", 3), ("print(1)", 0), ("import os; os.abort()", 134)]
)
def test_the_exit_status_is_the_commands(tmp_path: Path, program: str, status: int) -> None:
    process = start(tmp_path, program)
    assert process.wait(60) == status
    process.stop()
    assert process.exit_status() == status


def test_stop_ends_the_whole_family(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY)
    pids = family_of(process)
    process.stop()
    assert process.exit_status() == 128 + signal.SIGTERM
    eventually(lambda: not any(is_running(pid) for pid in pids))


def test_who_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY, "stubborn", grace_seconds=0.3)
    pids = family_of(process)
    process.stop()
    assert process.exit_status() == 128 + signal.SIGKILL
    eventually(lambda: not any(is_running(pid) for pid in pids))


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY, "leave")
    _, child = (int(word) for word in eventually(process.output).split())
    assert process.wait(60) == 7
    eventually(lambda: not is_running(child))
    process.stop()


def test_a_kill_of_the_kit_leaves_nothing(tmp_path: Path) -> None:
    driver = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from kit.local_cloud.process import GuardedProcess, child_environment
        GuardedProcess(
            "family", [sys.executable, "-c", os.environ["FAMILY"], "stubborn"],
            environment=child_environment({}), log=Path(sys.argv[1]), grace_seconds=0.3,
        )
        signal.pause()
    """)
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", driver, log],
        env={**os.environ, "FAMILY": FAMILY},
        cwd=Path(__file__).parents[3],
    ) as kit:
        pids = [int(word) for word in eventually(lambda: log.exists() and log.read_text()).split()]
        assert len(pids) == 2
        assert all(is_running(pid) for pid in pids)
        kit.kill()
    eventually(lambda: not any(is_running(pid) for pid in pids))


def test_a_start_waits_for_what_a_killed_kit_left(tmp_path: Path) -> None:
    """Two at once would share a database, a port and working files."""
    driver = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from kit.local_cloud.process import GuardedProcess, child_environment
        GuardedProcess(
            "family", [sys.executable, "-c", os.environ["FAMILY"], "stubborn"],
            environment=child_environment({}), log=Path(sys.argv[1]), grace_seconds=1.5,
        )
        signal.pause()
    """)
    log = tmp_path / "log"
    environment = {**os.environ, "FAMILY": FAMILY}
    with subprocess.Popen([sys.executable, "-c", driver, log], env=environment, cwd=Path(__file__).parents[3]) as kit:
        pids = [int(word) for word in eventually(lambda: log.exists() and log.read_text()).split()]
        kit.kill()
    assert all(is_running(pid) for pid in pids)
    process = start(tmp_path, FAMILY)
    assert not any(is_running(pid) for pid in pids)
    family_of(process)
    process.stop()


def test_ending_the_guard_ends_the_family(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY)
    pids = family_of(process)
    os.kill(process._process.pid, signal.SIGTERM)
    eventually(lambda: not any(is_running(pid) for pid in pids))
    process.stop()


def guard_of(pid: int) -> int:
    guard = psutil.Process(pid).parent()
    assert guard is not None
    return guard.pid


def test_what_has_lost_its_guard_is_ended_where_that_is_seen(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY, "stubborn", grace_seconds=0.3)
    pids = family_of(process)
    eventually((tmp_path / "log.process").exists)
    os.kill(guard_of(pids[0]), signal.SIGKILL)
    assert eventually(process.exit_status) == 128 + signal.SIGKILL
    assert not any(is_running(pid) for pid in pids)
    process.stop()


def test_a_start_ends_what_has_lost_its_guard_and_its_kit(tmp_path: Path) -> None:
    """Nobody is left who would: the next run waited for 40 s, and failed."""
    driver = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from kit.local_cloud.process import GuardedProcess, child_environment
        GuardedProcess(
            "family", [sys.executable, "-c", os.environ["FAMILY"]],
            environment=child_environment({}), log=Path(sys.argv[1]),
        )
        signal.pause()
    """)
    log = tmp_path / "log"
    environment = {**os.environ, "FAMILY": FAMILY}
    with subprocess.Popen([sys.executable, "-c", driver, log], env=environment, cwd=Path(__file__).parents[3]) as kit:
        pids = [int(word) for word in eventually(lambda: log.exists() and log.read_text()).split()]
        record = tmp_path / "log.process"
        eventually(lambda: record.exists() and len(record.read_text().split()) == 4)
        os.kill(guard_of(pids[0]), signal.SIGKILL)
        kit.kill()
    assert all(is_running(pid) for pid in pids)
    process = start(tmp_path, FAMILY)
    assert not any(is_running(pid) for pid in pids)
    family_of(process)
    process.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_nobody_is_taken_for_an_orphan_who_has_its_number_since(tmp_path: Path) -> None:
    process = start(tmp_path, FAMILY)
    pids = family_of(process)
    record = tmp_path / "log.process"
    guard, _, command, command_started = eventually(lambda: record.exists() and record.read_text()).split()
    record.write_text(f"{guard} 1 {command} {int(command_started) + 1}")
    orphans.end(tmp_path / "log", 0.1)
    assert all(is_running(pid) for pid in pids)
    process.stop()


def test_the_log_is_kept_and_a_start_reads_its_own_part(tmp_path: Path) -> None:
    first = start(tmp_path, "print('first')")
    first.wait(60)
    first.stop()
    process = start(tmp_path, "import sys; print('second'); sys.stdout.flush(); sys.stderr.write('third\\n\\xff')")
    process.wait(60)
    process.stop()
    assert process.output().startswith("second\nthird\n")
    assert process.log_tail(2).startswith("third\n")
    assert (tmp_path / "log").read_text().startswith("first\nsecond\n")


def test_waiting_tells_why_it_was_in_vain(tmp_path: Path) -> None:
    ended = start(tmp_path, "import sys; sys.exit('no licence')")
    with pytest.raises(ServiceError, match=r"(?s)The test's process ended with status 1 .*no licence"):
        wait_until_ready(ended, lambda: False, timeout=60)
    ended.stop()
    slow = start(tmp_path, FAMILY)
    family_of(slow)
    with pytest.raises(ServiceError, match=r"was not ready after 0 s"):
        wait_until_ready(slow, lambda: False, timeout=0)
    slow.stop()


def test_a_missing_program_is_a_matter_of_setup(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="make setup"):
        GuardedProcess("Nothing", [tmp_path / "python"], environment={}, log=tmp_path / "log")


def test_children_take_no_code_from_the_folder_where_somebody_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "json.py").write_text("raise SystemExit('code of the current folder')")
    monkeypatch.chdir(here)
    ours = tmp_path / "ours"
    program = [sys.executable, "-m", "json.tool", "--help"]
    process = GuardedProcess("Python", program, environment=child_environment({}), log=ours / "log")
    status = process.wait(60)
    process.stop()
    assert status == 0, process.output()


def test_children_know_nothing_of_an_aws_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = child_environment({"AWS_ACCESS_KEY_ID": "test"})
    aws = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    assert aws == {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "test"}
    assert "PYTHONPATH" not in environment
    assert environment["PATH"] == os.environ["PATH"]


def test_a_taken_port_is_told_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} .* set S3_PORT"):
            choose_port(port, setting="S3_PORT")
        assert choose_port(None, setting="S3_PORT") != port
    assert choose_port(port, setting="S3_PORT") == port
