"""Which wheels an image wants."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kit.errors import SetupError
from kit.local_cloud.docker import wheelhouse

REQUIREMENTS = Path(__file__).parents[4] / "requirements"


def test_markers_are_those_of_the_image_whatever_python_this_is(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text(
        "# made by hand\n"
        "numpy==2.2.6 ; python_full_version < '3.11'\n"
        "numpy==2.4.6 ; python_full_version == '3.11.*'\n"
        "    # via\n"
        "numpy==2.5.5 ; python_full_version >= '3.12'\n"
        "pyreadline3==3.5.6 ; sys_platform == 'win32'\n"
        "moto[s3]==5.2.5\n"
        "intel==1.0 ; platform_machine == 'x86_64'\n"
    )
    assert wheelhouse.pins([lock, lock], "amd64") == ("numpy==2.4.6", "moto==5.2.5", "intel==1.0")
    assert wheelhouse.pins([lock], "arm64") == ("numpy==2.4.6", "moto==5.2.5")
    with pytest.raises(SetupError, match=r"s390x.*RUNTIME=process"):
        wheelhouse.pins([lock], "s390x")


def test_the_inference_image_s_lock_is_part_of_the_detector_s() -> None:
    inference = set(wheelhouse.pins([REQUIREMENTS / "inference.lock"], "amd64"))
    assert inference < set(wheelhouse.pins([REQUIREMENTS / "detector.lock"], "amd64"))
    assert not {pin for pin in inference if pin.startswith(("torch", "onnx=", "sympy"))}


def test_the_cuda_lock_fits_the_detector_s_and_has_nvidia_s_libraries() -> None:
    locks = [REQUIREMENTS / "detector.lock", REQUIREMENTS / "torch.lock"]
    together = wheelhouse.pins(locks, "amd64")
    names = [pin.split("==")[0] for pin in together]
    assert len(names) == len(set(names))
    assert {"torch", "triton", "nvidia-cublas", "nvidia-cudnn-cu13"} <= set(names)
    assert (REQUIREMENTS / "torch.txt").read_text().strip() in together


def test_an_index_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(SetupError, match=r"no-such-package-of-ours==1\.0.*package index"):
        wheelhouse.collect(["no-such-package-of-ours==1.0"], tmp_path / "wheels", "amd64")
    assert list(tmp_path.iterdir()) == []


def test_source_archives_become_wheels_and_nothing_is_fetched_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "made-by-hand"\nversion = "1.0"\n[tool.setuptools]\npy-modules = []\n'
    )
    archives = tmp_path / "archives"
    code = "from setuptools import build_meta; import sys; build_meta.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, archives], cwd=project, check=True, capture_output=True)
    monkeypatch.setenv("PIP_FIND_LINKS", str(archives))
    wheels = tmp_path / "wheels"
    wheelhouse.collect(["made-by-hand==1.0"], wheels, "amd64")
    assert {path.name for path in wheels.glob("*.whl")} == {"made_by_hand-1.0-py3-none-any.whl"}
    assert list((wheels / "pip").glob("pip-*.whl"))
    stamp = (wheels / "collected").stat().st_mtime_ns

    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS")
    wheelhouse.collect(["made-by-hand==1.0"], wheels, "amd64")
    assert (wheels / "collected").stat().st_mtime_ns == stamp


def test_the_build_for_the_cpu_is_no_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "links"
    links.mkdir()
    with zipfile.ZipFile(links / "torch-2.13.0+cpu-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "torch-2.13.0+cpu.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n"
        )
        wheel.writestr("torch-2.13.0+cpu.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SetupError, match="TORCH_INDEX"):
        wheelhouse.collect(["torch==2.13.0"], tmp_path / "wheels", "amd64", cuda=True)
