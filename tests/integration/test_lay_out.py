"""Which packages an image gets, by the real uv."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.errors import SetupError
from kit.local_cloud.docker.image_context import lay_out
from tests.integration.package_index import PackageIndex


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as index:
        index.released.set()
        yield index


@pytest.fixture
def held(tmp_path: Path) -> Iterator[int]:
    with (tmp_path / "lock").open("w") as lock:
        yield lock.fileno()


def packages(folder: Path) -> set[str]:
    return {path.name for path in (folder / "lib" / "python3.11" / "site-packages").glob("*.py")}


def test_the_machine_and_the_python_are_the_image_s_whatever_these_are(
    index: PackageIndex, tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", index.address)
    pin, hashes = index.lock.split(" ", 1)
    lock = tmp_path / "a.lock"
    lock.write_text(
        "no-such-package==1.0 ; python_full_version >= '3.12' --hash=sha256:" + "0" * 64 + "\n"
        "no-such-package==2.0 ; sys_platform == 'win32' --hash=sha256:" + "0" * 64 + "\n"
        f"{pin} ; platform_machine == 'aarch64' and python_full_version == '3.11.*' {hashes}"
    )
    lay_out(lock, tmp_path / "arm", "aarch64", torch=None, held=held)
    assert packages(tmp_path / "arm") == {"made_by_hand.py"}
    lay_out(lock, tmp_path / "intel", "x86_64", torch=None, held=held)
    assert packages(tmp_path / "intel") == set()


def test_a_file_that_is_not_the_locked_one_is_refused(
    index: PackageIndex, tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", index.address)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lock = tmp_path / "a.lock"
    lock.write_text(f"{index.lock.split('sha256:')[0]}sha256:{'0' * 64}\n")
    with pytest.raises(SetupError, match=r"packages of the image tiny cannot be had.*not the one that the lock names"):
        lay_out(lock, tmp_path / "tiny", "x86_64", torch=None, held=held)


def test_an_index_that_does_not_answer_is_told(tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    lock = tmp_path / "a.lock"
    lock.write_text(f"no-such-package-of-ours==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupError, match="packages of the image tiny cannot be had: the package index cannot be reach"):
        lay_out(lock, tmp_path / "tiny", "x86_64", torch=None, held=held)


def test_a_source_archive_is_built_here(tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "made-by-hand"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["by_hand"]\n'
    )
    (project / "by_hand.py").touch()
    archives = tmp_path / "archives"
    code = "from setuptools import build_meta; import sys; build_meta.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, archives], cwd=project, check=True, capture_output=True)
    (archive,) = archives.iterdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(archives))
    lock = tmp_path / "a.lock"
    lock.write_text(f"made-by-hand==1.0 --hash=sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}\n")
    lay_out(lock, tmp_path / "tiny", "aarch64", torch=None, held=held)
    assert packages(tmp_path / "tiny") == {"by_hand.py"}


def test_the_build_for_the_cpu_is_no_cuda(tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "links"
    links.mkdir()
    files = {
        "torch/version.py": "cuda = None\n",
        "torch-2.13.0+cpu.dist-info/METADATA": "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n",
        "torch-2.13.0+cpu.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "torch-2.13.0+cpu.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(links / "torch-2.13.0+cpu-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("TORCH_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lock = tmp_path / "a.lock"
    lock.touch()
    with pytest.raises(SetupError, match="TORCH_INDEX has PyTorch for the CPU"):
        lay_out(lock, tmp_path / "tiny", "x86_64", torch="cuda", held=held)
