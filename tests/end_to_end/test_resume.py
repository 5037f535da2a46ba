"""`kill -9` at any point, then the same command: the same end, and no finished stage is run twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from kit.run.names import STAGES
from tests.end_to_end import command
from tests.end_to_end.few_samples import HELD_OUT, TRAIN

QUICK = {"epochs": "1", "image_size": "160"}


def test_killed_in_every_stage_the_run_still_ends_and_repeats_nothing(tmp_path: Path) -> None:
    unfinished_at_kill: dict[str, int] = dict.fromkeys(STAGES, 0)
    for stage in STAGES:
        before = _attempts(tmp_path, stage)
        process = command.start("local", folder=tmp_path, few_samples=True, **QUICK)
        command.wait_for(
            f"another attempt at {stage}",
            lambda name=stage, before=before, process=process: (
                _attempts(tmp_path, name) > before or process.poll() is not None
            ),
        )
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for name, record in command.journal(tmp_path)["stages"].items():
            unfinished_at_kill[name] += record["state"] != "finished"
        command.wait_for("its processes to end", lambda: not command.processes_of(tmp_path))
    done = command.kit("local", folder=tmp_path, few_samples=True, **QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "runs").iterdir())) == 2, "one run and `latest`, not a run a kill"
    stages = command.journal(tmp_path)["stages"]
    assert {name: record["attempts"] for name, record in stages.items()} == {
        name: 1 + kills for name, kills in unfinished_at_kill.items()
    }
    assert sum(unfinished_at_kill.values()) >= len(STAGES) // 2, "the kills came too late to interrupt anything"
    summary = command.summary(tmp_path)
    assert (summary["images"], summary["labelled"], summary["left_behind"]) == (TRAIN, TRAIN, [])
    assert summary["map50"] is not None
    assert len(list((command.latest(tmp_path) / "detections").glob("*.jpg"))) == HELD_OUT


def _attempts(folder: Path, stage: str) -> int:
    if not (folder / "runs" / "latest" / "journal.json").exists():
        return 0
    stages = command.journal(folder)["stages"]
    return int(stages[stage]["attempts"]) if stage in stages else 0


def test_stopped_at_many_moments_it_ends_everything_and_says_how_to_go_on(tmp_path: Path) -> None:
    """Each signal comes twice, to the group and to the process, as from `timeout make local`."""
    moments = [
        ("pictures", signal.SIGINT),
        ("labelling", signal.SIGTERM),
        ("labelling", signal.SIGINT),
        ("conversion", signal.SIGHUP),
        ("training", signal.SIGTERM),
        ("endpoint", signal.SIGTERM),
        ("detection", signal.SIGINT),
    ]
    for stage, number in moments:
        before = _attempts(tmp_path, stage)
        process = command.start("local", folder=tmp_path, few_samples=True, **QUICK)
        command.wait_for(
            f"another attempt at {stage}",
            lambda name=stage, before=before, process=process: (
                _attempts(tmp_path, name) > before or process.poll() is not None
            ),
        )
        os.killpg(process.pid, number)
        process.send_signal(number)
        assert process.wait(command.PATIENCE_SECONDS) == 128 + number, (tmp_path / "output.txt").read_text()
        assert command.processes_of(tmp_path) == [], stage
        said = (tmp_path / "output.txt").read_text().splitlines()
        assert said[-1] == "Stopped. The same command goes on from the last finished stage."
        assert "Traceback" not in "".join(said)
    assert command.journal(tmp_path)["stages"]["pictures"]["state"] == "finished"


def test_ended_hard_by_a_second_signal_it_leaves_nothing_running_either(tmp_path: Path) -> None:
    process = command.start("local", folder=tmp_path, few_samples=True, **QUICK)
    command.wait_for("the training stage", lambda: _attempts(tmp_path, "training"))
    process.send_signal(signal.SIGTERM)
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
    # To a shell both are 143: its own end, and that by a signal that came when Python had put its handlers away.
    assert process.returncode in (128 + signal.SIGTERM, -signal.SIGTERM)
    command.wait_for("its processes to end", lambda: not command.processes_of(tmp_path))
