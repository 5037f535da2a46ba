"""Which runs are over, so that what they left in a Docker engine can go."""

from pathlib import Path

from kit.run.folder import SERVICES, RunFolder, is_abandoned
from kit.run.opening import locked


def test_a_run_is_abandoned_when_nobody_holds_its_lock(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a run")
    assert is_abandoned(folder.path, tmp_path)
    folder.path.mkdir()
    with locked(folder):
        assert not is_abandoned(folder.path, tmp_path)
    # As a kill leaves it.
    folder.lock.touch()
    assert is_abandoned(folder.path, tmp_path)


def test_services_by_hand_and_runs_of_other_checkouts_are_left_alone(tmp_path: Path) -> None:
    assert not is_abandoned(tmp_path / SERVICES, tmp_path)
    assert not is_abandoned(tmp_path / "elsewhere" / "a run", tmp_path)
