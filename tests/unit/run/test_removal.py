"""`kit clean` removes runs, and refuses where one of them is all that tells of what is on AWS."""

from pathlib import Path

import pytest

from kit.errors import InputError
from kit.run.folder import RunFolder, find
from kit.run.journal import Journal
from kit.run.opening import locked
from kit.run.removal import remove, remove_all


def run_in(runs: Path, name: str, track: str, **settings: str) -> Journal:
    folder = RunFolder(runs / name)
    folder.path.mkdir(parents=True)
    journal = Journal(folder.journal, name, track, settings)
    journal.save()
    return journal


def test_runs_with_nothing_on_aws_are_removed(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run_in(runs, "1-local", "local").will_create("bucket", "of-this-machine")
    run_in(runs, "2-rehearsal", "cloud", endpoint_url="http://127.0.0.1:1").will_create("endpoint", "of-the-double")
    cleaned = run_in(runs, "3-cloud", "cloud", endpoint_url="")
    cleaned.will_create("endpoint", "plugs")
    cleaned.mark_ended("endpoint", "plugs")
    remove_all(runs)
    assert not runs.exists()
    remove_all(runs)


def test_the_only_record_of_an_endpoint_is_kept(tmp_path: Path) -> None:
    run_in(tmp_path, "1-cloud", "cloud", endpoint_url="").will_create("endpoint", "plugs-1")
    with pytest.raises(InputError, match=r"endpoint plugs-1.*make cloud-clean"):
        remove_all(tmp_path)
    assert (tmp_path / "1-cloud" / "journal.json").exists()


def test_a_run_that_goes_on_is_kept_and_all_others_with_it(tmp_path: Path) -> None:
    run_in(tmp_path, "1-local", "local")
    run_in(tmp_path, "2-local", "local")
    with locked(RunFolder(tmp_path / "2-local")), pytest.raises(InputError, match="going on"):
        remove_all(tmp_path)
    assert (tmp_path / "1-local").exists()


def test_a_journal_that_cannot_be_read_is_named_and_keeps_its_own_run_only(tmp_path: Path) -> None:
    run_in(tmp_path, "1-local", "local")
    run_in(tmp_path, "2-local", "local")
    (tmp_path / "latest").symlink_to("1-local")
    (tmp_path / "compare-a-b.html").touch()
    (tmp_path / "1-local" / "journal.json").write_text("{")
    (said,) = remove_all(tmp_path)
    assert "1-local/journal.json cannot be read" in said
    assert [path.name for path in tmp_path.iterdir()] == ["1-local"]


def test_one_run_is_removed_by_its_name_with_the_link_to_it(tmp_path: Path) -> None:
    run_in(tmp_path, "1-local", "local")
    run_in(tmp_path, "2-local", "local")
    (tmp_path / "latest").symlink_to("2-local")
    remove(find(tmp_path, "latest"))
    assert [path.name for path in tmp_path.iterdir()] == ["1-local"]
    run_in(tmp_path, "3-cloud", "cloud", endpoint_url="").will_create("endpoint", "plugs-1")
    with pytest.raises(InputError, match="make cloud-clean"):
        remove(find(tmp_path, "3-cloud"))
