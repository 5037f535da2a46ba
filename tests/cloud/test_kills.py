"""Killed after any effect, a run on AWS goes on to its end, or is cleaned up; either way nothing stays on AWS."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import Stop, run
from tests.cloud.short_run import settings

# A run for each effect, and another to go on or to clean up.
pytestmark = pytest.mark.timeout(1200)
# More than a run has; the tests end at the first kill that does not happen.
_MOST = 60


def killed_after_each_effect(tmp_path: Path, double: Double, pictures: Path) -> Iterator[tuple[int, Path]]:
    """Runs killed after their first effect, their second, and so on to the last: how many, and the run's folder."""
    for effects in range(1, _MOST):
        folder = tmp_path / str(effects)
        folder.mkdir()
        killed = run(folder, double.url, "cloud", stop=Stop(effects), **settings(pictures))
        if killed.status == 0:
            break
        assert killed.status == -signal.SIGKILL, killed.said
        yield effects, folder
    assert effects > 15, "a run has more effects than that"


def test_resumed_after_each_effect_in_turn_it_ends_and_leaves_nothing(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    chosen = settings(pictures)
    for effects, folder in killed_after_each_effect(tmp_path, double, pictures):
        resumed = run(folder, double.url, "cloud", **chosen)
        assert resumed.status == 0, (effects, resumed.said)
        assert len([path for path in (folder / "runs").iterdir() if not path.is_symlink()]) == 1
        summary = json.loads((folder / "runs" / "latest" / "summary.json").read_text())
        assert (summary["left_behind"], summary["images"]) == ([], 6)
        assert double.left() == [], effects
        again = run(folder, double.url, "cloud-clean", **chosen)
        assert (again.status, "has left anything on AWS" in again.said) == (0, True), again.said


def test_cleaned_after_each_effect_in_turn_nothing_is_left(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    for effects, folder in killed_after_each_effect(tmp_path, double, pictures):
        cleaned = run(folder, double.url, "cloud-clean", **chosen)
        assert cleaned.status == 0, (effects, cleaned.said)
        assert "Nothing is left." in cleaned.said
        assert double.left() == [], effects
        journal = json.loads((folder / "runs" / "latest" / "journal.json").read_text())
        assert {resource["deleted"] for resource in journal["resources"]} == {True}


def test_ctrl_c_says_how_to_go_on_and_leaves_a_true_ledger(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    stopped = run(tmp_path, double.url, "cloud", stop=Stop(7, signal.SIGINT), **chosen)
    assert stopped.status == 130, stopped.said
    assert "The same command goes on" in stopped.said
    cleaned = run(tmp_path, double.url, "cloud-clean", **chosen)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []


@pytest.mark.parametrize("effects", [3, 9, 12])
def test_killed_between_a_record_and_its_request_it_goes_on_or_goes_away(
    tmp_path: Path, double: Double, pictures: Path, effects: int
) -> None:
    chosen = settings(pictures)
    for command in ("cloud", "cloud-clean"):
        folder = tmp_path / command
        folder.mkdir()
        killed = run(folder, double.url, "cloud", stop=Stop(effects, before_the_request=True), **chosen)
        assert killed.status == -signal.SIGKILL, killed.said
        ended = run(folder, double.url, command, **chosen)
        assert ended.status == 0, ended.said
        assert double.left() == []
