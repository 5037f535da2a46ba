"""`requirements/install.py`, with the real uv and the real pip."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.package_index import PackageIndex

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
PATIENCE_SECONDS = 120


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as index:
        yield index


class Clone:
    """A clone of the repository whose environment moto has one package, from `index`, and is not there yet."""

    def __init__(self, folder: Path, index: PackageIndex, installer: str) -> None:
        self.folder = folder
        self.environments = folder / ".venvs"
        shutil.rmtree(folder / "requirements", ignore_errors=True)
        shutil.copytree(REQUIREMENTS, folder / "requirements", ignore=shutil.ignore_patterns("__pycache__"))
        self.lock = folder / "requirements" / "moto.lock"
        self.lock.write_text(index.lock)
        (self.environments / "moto").unlink(missing_ok=True)
        for left in (*self.folders(), folder / "uv-cache"):
            shutil.rmtree(left, ignore_errors=True)
        own = {"PIP_EXTRA_INDEX_URL": index.address, "INSTALLER": installer, "LANG_UI": "en"}
        # Caches would spare the download that the tests wait for.
        caches = {"UV_CACHE_DIR": os.fspath(folder / "uv-cache"), "PIP_NO_CACHE_DIR": "1"}
        self.environment = {**os.environ, **own, **caches}

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.folder / "requirements" / "install.py", "moto"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self) -> tuple[int, str]:
        """Status, and what it said about what went wrong."""
        process = self.start()
        _out, errors = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, errors

    def value(self) -> str:
        """What the installed package says."""
        command = [
            self.environments / "moto" / "bin" / "python",
            "-c",
            "import made_by_hand; print(made_by_hand.VALUE)",
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def folders(self) -> list[Path]:
        return [path for path in self.environments.glob("moto*") if path.is_dir() and not path.is_symlink()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where uv, once it is made, serves every test."""
    return tmp_path_factory.mktemp("clone")


@pytest.fixture
def clone(folder: Path, index: PackageIndex) -> Clone:
    return Clone(folder, index, "uv")


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("whole_group", [True, False], ids=["with its children", "its children live on"])
def test_who_is_killed_while_packages_come_leaves_nothing_that_stops_the_next(
    folder: Path, index: PackageIndex, whole_group: bool, installer: str
) -> None:
    clone = Clone(folder, index, installer)
    killed = clone.start()
    assert index.asked.wait(PATIENCE_SECONDS)
    if whole_group:
        os.killpg(killed.pid, signal.SIGKILL)
    else:
        killed.kill()
    killed.communicate(timeout=PATIENCE_SECONDS)
    assert not (clone.environments / "moto").exists()
    again = clone.start()
    # What was left running holds the download: the second one waits for it, and then makes its own.
    index.released.set()
    _out, errors = again.communicate(timeout=PATIENCE_SECONDS)
    assert (again.returncode, errors) == (0, "")
    assert clone.value() == "from the index"
    assert clone.folders() == [(clone.environments / "moto").resolve()]


def test_what_there_is_stays_when_its_successor_cannot_be_made(clone: Clone, index: PackageIndex) -> None:
    index.released.set()
    assert clone.run() == (0, "")
    before = (clone.environments / "moto").resolve()
    clone.lock.write_text(index.lock.replace("1.0", "2.0"))
    status, errors = clone.run()
    assert status == 3
    assert "The environment moto could not be made: the package index cannot be reached, or lacks a package" in errors
    assert clone.value() == "from the index"
    assert clone.folders() == [before]


def test_who_runs_from_an_environment_goes_on_when_it_is_replaced(clone: Clone, index: PackageIndex) -> None:
    index.released.set()
    assert clone.run() == (0, "")
    first = (clone.environments / "moto").resolve()
    replaced = []
    for number in (1, 2):
        clone.lock.write_text(f"# version {number} of this lock\n{index.lock}")
        assert clone.run() == (0, "")
        replaced.append((clone.environments / "moto").resolve())
    assert set(clone.folders()) == set(replaced)
    assert first not in replaced


def test_a_file_that_is_not_the_locked_one_is_refused(clone: Clone, index: PackageIndex) -> None:
    index.released.set()
    name, _sha, locked = index.lock.strip().partition("sha256:")
    clone.lock.write_text(f"{name}sha256:{'0' * len(locked)}\n")
    status, errors = clone.run()
    assert status == 3
    assert "The environment moto could not be made: a file of the package index is not the one that the lock" in errors
    assert clone.folders() == []


def test_an_environment_of_before_they_were_links_is_replaced(clone: Clone, index: PackageIndex) -> None:
    index.released.set()
    old = clone.environments / "moto" / "bin"
    old.mkdir(parents=True)
    (clone.environments / "moto" / ".installed").write_text("another lock's")
    assert clone.run() == (0, "")
    assert clone.value() == "from the index"
    assert clone.folders() == [(clone.environments / "moto").resolve()]


def test_pip_makes_the_environments_where_uv_cannot_be_had(tmp_path: Path, index: PackageIndex) -> None:
    clone = Clone(tmp_path, index, "uv")
    index.released.set()
    lock = tmp_path / "requirements" / "uv.lock"
    lock.write_text(lock.read_text().replace("uv==", "uv==0.0.0.dev"))
    process = clone.start()
    said, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert "uv cannot be had" in said
    assert clone.value() == "from the index"
