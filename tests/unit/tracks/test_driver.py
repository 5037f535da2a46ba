"""The driver: what is run, what is not run again, and what is said when a stage fails."""

import contextlib
import dataclasses
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.aws_api import AwsApi
from kit.console import Console
from kit.errors import InputError, KitError, ServiceError, SetupError
from kit.run import opening
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
        yield dataclasses.replace(context_in(tmp_path / "api").api, durability=NoCheckpoint())

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


def test_an_earlier_run_can_be_gone_on_with_where_it_is_looked_for(tmp_path: Path, stages: Stages) -> None:
    stages.broken["two"] = ServiceError("no")
    with pytest.raises(ServiceError):
        go(tmp_path, settings(tmp_path, seed=1))
    first = (tmp_path / "runs" / "latest").resolve()
    stages.broken.clear()
    go(tmp_path, settings(tmp_path, seed=2))
    runs = [RunFolder(path) for path in (tmp_path / "runs").iterdir() if not path.is_symlink()]
    assert opening.unfinished(settings(tmp_path, seed=1), "local") is None
    with opening.open_run(settings(tmp_path, seed=1), "local", Console(), among=runs) as (folder, _):
        assert folder.path == first
    assert (tmp_path / "runs" / "latest").resolve() == first


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


def test_pictures_that_were_mended_since_are_uploaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads: list[int] = []

    def upload(context: Context) -> PicturesResult:
        uploads.append(len(context.pictures.pictures))
        return PicturesResult("bucket", uploads[-1], ("cat",), context.pictures.left_out)

    def label(_: Context) -> PicturesResult:
        raise ServiceError("no")

    monkeypatch.setattr(driver, "STAGES", (driver.Stage("pictures", upload), driver.Stage("labelling", label)))
    monkeypatch.setattr(opening, "STAGES", {"pictures": "", "labelling": ""})
    one, other = (RunPicture(tmp_path / name, name, name) for name in ("a.jpg", "b.jpg"))
    damaged = PictureSet((one,), ("cat",), left_out=(Remark("b.jpg", "the picture is damaged"),))
    for pictures in (damaged, damaged, PictureSet((one, other), ("cat",))):
        with pytest.raises(ServiceError):
            go(tmp_path, settings(tmp_path), pictures)
    assert uploads == [1, 2]
