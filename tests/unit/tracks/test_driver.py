"""The driver: what is run, what is not run again, and what is said when a stage fails."""

import contextlib
import dataclasses
import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.aws_api import AwsApi
from kit.console import Console
from kit.errors import InputError, KitError, ServiceError, SetupError
from kit.run import contents, opening
from kit.run import folder as run_folder
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.remark import Remark
from kit.run.results import EndpointResult, PicturesResult
from kit.run.run_picture import RunPicture
from kit.settings import LocalSettings, ResolvedSettings
from kit.tracks import driver
from tests.unit.stages.contexts import context_in


class Stages:
    """Three stages that note their runs; the one named in `broken` raises what stands there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        self.broken: dict[str, BaseException] = {}
        titles = {"one": "One", "two": "Two", "three": "Three"}
        monkeypatch.setattr(opening, "STAGES", titles)
        monkeypatch.setattr(driver, "STAGES", tuple(driver.Stage(name, self._stage(name)) for name in titles))

    def _stage(self, name: str) -> Callable[[Context], EndpointResult]:
        def stage(_: Context) -> EndpointResult:
            self.ran.append(name)
            if name in self.broken:
                raise self.broken[name]
            return EndpointResult(name)

        return stage


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    return Stages(monkeypatch)


NO_PICTURES = PictureSet((), ())


class NoCheckpoint:
    def checkpoint(self) -> None:
        pass


def go(tmp_path: Path, resolved: ResolvedSettings[LocalSettings], pictures: PictureSet = NO_PICTURES) -> Journal:
    """`make local` without its local cloud."""

    @contextlib.contextmanager
    def api(_: PictureSet) -> Iterator[AwsApi]:
        bucket: Any = Bucket()
        yield dataclasses.replace(context_in(tmp_path / "api").api, durability=NoCheckpoint(), s3=bucket)

    console = Console()
    with opening.open_run(resolved, "local", console, runtime=resolved.settings.runtime) as (folder, journal):
        driver.run_stages(resolved.settings, pictures, folder, journal, console, api)
        folder.summary.touch()
    return journal


def settings(tmp_path: Path, **values: Any) -> ResolvedSettings[LocalSettings]:
    return ResolvedSettings(LocalSettings(runs=tmp_path / "runs", **values), {})


def test_after_a_failure_the_same_command_runs_only_what_is_not_finished(tmp_path: Path, stages: Stages) -> None:
    stages.broken["two"] = ServiceError("S3 is away.")
    with pytest.raises(ServiceError, match=r"S3 is away\."):
        go(tmp_path, settings(tmp_path))
    stages.broken.clear()
    journal = go(tmp_path, settings(tmp_path))
    assert stages.ran == ["one", "two", "two", "three"]
    assert {name: record.attempts for name, record in journal.stages.items()} == {"one": 1, "two": 2, "three": 1}


def test_where_it_runs_does_not_make_it_another_run(tmp_path: Path, stages: Stages) -> None:
    stages.broken["two"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, settings(tmp_path))
    stages.broken.clear()
    go(tmp_path, settings(tmp_path, s3_port=4566, threshold=0.9))
    assert stages.ran == ["one", "two", "two", "three"]


@pytest.mark.parametrize("changed", [{"epochs": 3}, {"seed": 9}, {"held_out": 0.5}])
def test_other_settings_are_a_new_run(tmp_path: Path, stages: Stages, changed: dict[str, Any]) -> None:
    stages.broken["two"] = ServiceError("no")
    with pytest.raises(ServiceError):
        go(tmp_path, settings(tmp_path))
    stages.broken.clear()
    go(tmp_path, settings(tmp_path, **changed))
    assert stages.ran == ["one", "two", "one", "two", "three"]


def begun(tmp_path: Path, stages: Stages, runtime: str) -> None:
    """Leaves a run that was begun with RUNTIME=auto, came to `runtime`, and was cut short."""
    stages.broken["two"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, settings(tmp_path))
    stages.broken.clear()
    Journal.open(tmp_path / "runs" / "latest" / "journal.json").runs_on(runtime, "this is a test")


@pytest.mark.parametrize("asked", ["auto", "docker"])
def test_a_run_in_containers_goes_on_in_them(tmp_path: Path, stages: Stages, asked: str) -> None:
    begun(tmp_path, stages, "docker")
    journal = go(tmp_path, settings(tmp_path, runtime=asked))
    assert stages.ran == ["one", "two", "two", "three"]
    assert (journal.runtime, journal.runtime_reason) == ("docker", "this is a test")


def test_another_runtime_than_it_was_begun_with_is_a_new_run(tmp_path: Path, stages: Stages) -> None:
    begun(tmp_path, stages, "docker")
    go(tmp_path, settings(tmp_path, runtime="process"))
    assert stages.ran == ["one", "two", "one", "two", "three"]


def cut_short(tmp_path: Path, stages: Stages, **values: Any) -> RunFolder:
    """A run that failed in its second stage."""
    stages.broken["two"] = ServiceError("no")
    with pytest.raises(ServiceError):
        go(tmp_path, settings(tmp_path, **values))
    stages.broken.clear()
    return RunFolder((tmp_path / "runs" / "latest").resolve())


def test_the_same_command_finds_its_unfinished_run_behind_later_ones(tmp_path: Path, stages: Stages) -> None:
    first = cut_short(tmp_path, stages, seed=1)
    cut_short(tmp_path, stages, seed=2)
    assert go(tmp_path, settings(tmp_path, seed=1)).run_id == first.run_id
    assert (tmp_path / "runs" / "latest").resolve() == first.path


def later_copy(run: RunFolder) -> RunFolder:
    later = RunFolder(run.path.with_name("a later one"))
    shutil.copytree(run.path, later.path)
    content = json.loads(later.journal.read_text())
    later.journal.write_text(json.dumps({**content, "run": later.run_id, "created": "2999-01-01T00:00:00+00:00"}))
    return later


def test_of_several_unfinished_runs_the_newest_goes_on_unless_another_is_named(tmp_path: Path, stages: Stages) -> None:
    first = cut_short(tmp_path, stages)
    later = later_copy(first)
    assert go(tmp_path, settings(tmp_path)).run_id == later.run_id
    assert go(tmp_path, settings(tmp_path, run=first.run_id)).run_id == first.run_id


def test_a_journal_that_cannot_be_read_is_named_and_stops_its_own_run_only(
    tmp_path: Path, stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    first = cut_short(tmp_path, stages)
    damaged = RunFolder(first.path.with_name("20990101-000000-local"))
    damaged.path.mkdir()
    damaged.journal.write_text("{")
    run_folder.make_latest(damaged)
    assert go(tmp_path, settings(tmp_path)).run_id == first.run_id
    assert f"{damaged.journal} cannot be read as a journal" in capsys.readouterr().out


def test_a_link_that_a_kill_left_half_made_blocks_nobody_and_is_swept(tmp_path: Path, stages: Stages) -> None:
    run = cut_short(tmp_path, stages)
    left = run.path.with_name(f".latest.{run.run_id}")
    left.symlink_to("anything")
    go(tmp_path, settings(tmp_path))
    os.utime(left, (0, 0), follow_symlinks=False)
    go(tmp_path, settings(tmp_path))
    assert [path.name for path in run.path.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.usefixtures("stages")
def test_runs_that_are_begun_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda seed: go(tmp_path, settings(tmp_path, seed=seed)), range(40)))
    runs = tmp_path / "runs"
    assert len(run_folder.every(runs)) == 40
    assert (runs / "latest").resolve() in [folder.path for folder in run_folder.every(runs)]


@pytest.mark.usefixtures("stages")
def test_a_finished_run_is_followed_by_a_new_one(tmp_path: Path) -> None:
    first = go(tmp_path, settings(tmp_path))
    second = go(tmp_path, settings(tmp_path))
    assert first.run_id != second.run_id
    assert (tmp_path / "runs" / "latest").resolve().name == second.run_id


def test_two_kits_never_share_a_run(tmp_path: Path, stages: Stages) -> None:
    with opening.open_run(settings(tmp_path), "local", Console()):  # noqa: SIM117 (the refusal is the second's)
        with pytest.raises(InputError, match="going on in another terminal"):
            go(tmp_path, settings(tmp_path))
    assert stages.ran == []


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), SetupError, "the disk is full (/x)"),
        (OSError(errno.ENOSPC, "No space left on device"), SetupError, "stopped: the disk is full; free some space"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), SetupError, "/x: Read-only file system; give yourself"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "Not yours."}}, "PutObject"),
            ServiceError,
            "by PutObject: Not yours (AccessDenied)",
        ),
        (ConnectionRefusedError(111, "Connection refused"), ServiceError, "Connection refused"),
    ],
)
def test_what_a_library_raises_becomes_one_sentence_in_the_journal(
    tmp_path: Path, stages: Stages, error: Exception, kind: type[KitError], said: str
) -> None:
    stages.broken["two"] = error
    with pytest.raises(kind) as caught:
        go(tmp_path, settings(tmp_path))
    assert said in str(caught.value)
    assert "stage two" in str(caught.value)
    folder = (tmp_path / "runs" / "latest").resolve()
    record = Journal.open(folder / "journal.json").stages["two"]
    assert (record.state, record.error) == ("failed", str(caught.value))


class Bucket:
    """Takes deletions."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        assert Bucket
        self.deleted.append(Key)


@pytest.fixture
def uploading(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Two stages that note the names of the pictures; the second fails."""
    uploads: list[list[str]] = []

    def upload(context: Context) -> PicturesResult:
        uploads.append([picture.name for picture in context.pictures.pictures])
        return PicturesResult("bucket", len(uploads[-1]), ("cat",), context.pictures.left_out)

    def label(_: Context) -> PicturesResult:
        raise ServiceError("no")

    monkeypatch.setattr(driver, "STAGES", (driver.Stage("pictures", upload), driver.Stage("labelling", label)))
    monkeypatch.setattr(opening, "STAGES", {"pictures": "", "labelling": ""})
    return uploads


def test_pictures_that_have_changed_since_are_told_and_uploaded_again(
    tmp_path: Path, uploading: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_text(f"the picture {name}")
    one, other = (RunPicture(tmp_path / name, name, name) for name in ("a.jpg", "b.jpg"))
    damaged = PictureSet((one,), ("cat",), left_out=(Remark("b.jpg", "the picture is damaged"),))
    both = PictureSet((one, other), ("cat",))
    told = []
    for pictures, content in ((damaged, "1"), (damaged, "1"), (both, "1"), (both, "1"), (both, "2"), (damaged, "2")):
        if one.path.read_text() != content:
            one.path.write_text(content)
        with pytest.raises(ServiceError, match="no"):
            go(tmp_path, settings(tmp_path), pictures)
        told += re.findall(r"something has changed \((.*?)\)", capsys.readouterr().out)
    assert uploading == [["a.jpg"], ["a.jpg", "b.jpg"], ["a.jpg", "b.jpg"], ["a.jpg"]]
    assert told == ["new: b.jpg", "changed: a.jpg", "gone: b.jpg"]


def test_a_file_that_was_merely_written_again_changes_nothing(tmp_path: Path, uploading: list[list[str]]) -> None:
    (tmp_path / "a.jpg").write_text("a picture")
    pictures = PictureSet((RunPicture(tmp_path / "a.jpg", "a.jpg", "a.jpg"),), ("cat",))
    for moment in (1, 2):
        os.utime(tmp_path / "a.jpg", (moment, moment))
        with pytest.raises(ServiceError, match="no"):
            go(tmp_path, settings(tmp_path), pictures)
    assert len(uploading) == 1


@pytest.mark.usefixtures("uploading")
def test_of_unfinished_runs_the_one_with_the_same_pictures_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_text("one")
    pictures = PictureSet((RunPicture(file, "a.jpg", "a.jpg"),), ("cat",))
    with pytest.raises(ServiceError, match="no"):
        go(tmp_path, settings(tmp_path), pictures)
    first = RunFolder((tmp_path / "runs" / "latest").resolve())
    later = later_copy(first)
    file.write_text("other")
    contents.write(later.contents, contents.look(pictures))

    def same(folder: RunFolder) -> bool:
        return not contents.since(folder.contents, pictures)

    for content, expected in (("one", first), ("other", later), ("a third", later)):
        file.write_text(content)
        found = opening.unfinished(settings(tmp_path), "local", same=same)
        assert found is not None
        assert found[0] == expected
