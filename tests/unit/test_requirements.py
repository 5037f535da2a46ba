"""The kit's environment is the one that the locks describe."""

import importlib.metadata
import re
import runpy
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def test_exactly_one_wheel_provides_cv2() -> None:
    providers = importlib.metadata.packages_distributions()["cv2"]
    assert providers == ["opencv-python-headless"]
    assert importlib.metadata.version("opencv-python-headless").startswith("5.")


def test_the_sdk_is_the_line_with_local_mode() -> None:
    version = tuple(int(part) for part in importlib.metadata.version("sagemaker").split("."))
    assert (2, 257, 7) <= version < (3,)


@pytest.mark.parametrize("lock", sorted(path.name for path in REQUIREMENTS.glob("*.lock")))
def test_locks_pin_every_package_and_name_no_index(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert lines
    assert [line for line in lines if not re.match(r"^[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+", line)] == []


def test_what_is_installed_is_what_is_locked() -> None:
    wrong = []
    for line in (REQUIREMENTS / "kit.lock").read_text().splitlines():
        match = re.match(r"^([A-Za-z0-9._-]+)==([^ ;]+)( ; (.*))?$", line)
        if match and not match[3] and importlib.metadata.version(match[1]) != match[2]:
            wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize(("cuda", "wanted"), [("None", False), ("'13.0'", True)])
def test_a_pytorch_for_cuda_is_told_without_its_libraries(tmp_path: Path, cuda: str, wanted: bool) -> None:
    version = tmp_path / "lib" / "python3.11" / "site-packages" / "torch" / "version.py"
    version.parent.mkdir(parents=True)
    # As PyTorch's own build writes it.
    version.write_text(f"from typing import Optional\n\n__version__ = '2.13.0'\ncuda: Optional[str] = {cuda}\n")
    assert runpy.run_path(str(REQUIREMENTS / "install.py"))["is_cuda_build"](tmp_path) is wanted
