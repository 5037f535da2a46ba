"""Killed at any effect, a run on AWS goes on to its end, or is cleaned up; either way nothing stays on AWS.

On an AWS that takes its time: a role that is refused for a minute, a team for another, endpoints that are minutes in
coming and cannot be deleted before.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import Ended, Stop, run
from tests.cloud.short_run import settings

# As a run enters them in its ledger, in that order; what is made of it goes in the order in which the run ends.
MADE = (
    "role", "user-pool", "workforce", "workteam", "worker", "bucket", "labeling-job", "labeling-job ended",
    "training-job", "training-job ended", "model", "endpoint-config", "endpoint",
)  # fmt: skip
ENDED = tuple(
    f"{kind} ended"
    for kind in (
        "endpoint", "endpoint-config", "model", "bucket", "worker", "workteam", "workforce", "user-pool", "role",
    )
)  # fmt: skip
# When the request has not been sent yet, and when it has and nothing was written since. What ends a thing is entered
# once it has ended: of that there is no first moment.
MOMENTS = [
    Stop(effect, before_the_request=before)
    for effect in MADE
    for before in ((False,) if effect.endswith(" ended") else (True, False))
] + [Stop(effect) for effect in ENDED]


def name(stop: Stop) -> str:
    return f"{stop.effect}{' asked for' if not stop.before_the_request else ''}"


def killed(folder: Path, double: Double, pictures: Path, command: str, stop: Stop) -> Ended:
    ended = run(folder, double.url, command, stop=stop, **settings(pictures, poll_seconds="10"))
    assert ended.status == -signal.SIGKILL, (name(stop), ended.said)
    return ended


def ledger(folder: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((folder / "runs" / "latest" / "journal.json").read_text())["resources"]
    return entries


def test_resumed_after_each_effect_in_turn_it_ends_and_leaves_nothing(
    tmp_path: Path, slow_double: Double, pictures: Path
) -> None:
    for stop in MOMENTS:
        killed(tmp_path, slow_double, pictures, "cloud", stop)
    ended = run(tmp_path, slow_double.url, "cloud", **settings(pictures, poll_seconds="10"))
    assert ended.status == 0, ended.said
    assert len([path for path in (tmp_path / "runs").iterdir() if not path.is_symlink()]) == 1, "it was one run"
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert (summary["left_behind"], summary["images"]) == ([], 6)
    assert {entry["kind"] for entry in ledger(tmp_path)} == {effect.removesuffix(" ended") for effect in MADE}
    assert slow_double.left() == []
    again = run(tmp_path, slow_double.url, "cloud-clean", **settings(pictures))
    assert (again.status, "has left anything on AWS" in again.said) == (0, True), again.said


@pytest.mark.parametrize("stop", [stop for stop in MOMENTS if stop.effect in MADE], ids=name)
def test_cleaned_after_an_effect_nothing_is_left(
    tmp_path: Path, slow_double: Double, pictures: Path, stop: Stop
) -> None:
    killed(tmp_path, slow_double, pictures, "cloud", stop)
    cleaned = run(tmp_path, slow_double.url, "cloud-clean", **settings(pictures, poll_seconds="10"))
    assert cleaned.status == 0, cleaned.said
    assert "Nothing is left." in cleaned.said
    assert slow_double.left() == []
    assert {entry["deleted"] for entry in ledger(tmp_path)} == {True}


def test_a_clean_up_that_is_killed_after_each_effect_goes_on(
    tmp_path: Path, slow_double: Double, pictures: Path
) -> None:
    killed(tmp_path, slow_double, pictures, "cloud", Stop("endpoint"))
    for effect in ENDED:
        killed(tmp_path, slow_double, pictures, "cloud-clean", Stop(effect))
    cleaned = run(tmp_path, slow_double.url, "cloud-clean", **settings(pictures, poll_seconds="10"))
    assert cleaned.status == 0, cleaned.said
    assert slow_double.left() == []
    assert {entry["deleted"] for entry in ledger(tmp_path)} == {True}


def test_ctrl_c_says_how_to_go_on_and_leaves_a_true_ledger(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    stopped = run(tmp_path, double.url, "cloud", stop=Stop("labeling-job", signal.SIGINT), **chosen)
    assert stopped.status == 130, stopped.said
    assert "The same command goes on" in stopped.said
    cleaned = run(tmp_path, double.url, "cloud-clean", **chosen)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []
