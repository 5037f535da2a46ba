"""The kit's environment is the one that the locks describe."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kit.local_cloud import environments
from kit.repository import ROOT
from requirements.environments import COSTS, announcement
from requirements.lay_out import runs_anywhere
from requirements.packages import from_pip, is_cuda_build

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def test_exactly_one_wheel_provides_cv2() -> None:
    providers = importlib.metadata.packages_distributions()["cv2"]
    assert providers == ["opencv-python-headless"]
    assert importlib.metadata.version("opencv-python-headless").startswith("5.")


def test_the_sdk_is_the_line_with_local_mode() -> None:
    version = tuple(int(part) for part in importlib.metadata.version("sagemaker").split("."))
    assert (2, 257, 7) <= version < (3,)


@pytest.mark.parametrize("lock", sorted(path.name for path in REQUIREMENTS.glob("*.lock")))
def test_locks_pin_every_package_by_hash_and_name_no_index(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith(("    #", "#"))]
    hashes = [line for line in lines if line.startswith(" ")]
    pins = [line for line in lines if not line.startswith(" ")]
    assert pins
    assert [line for line in pins if not re.match(r"^[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; .*)? \\$", line)] == []
    assert [line for line in hashes if not re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", line)] == []


def test_the_lock_for_the_cpu_is_of_the_same_pytorch() -> None:
    pin = (REQUIREMENTS / "torch.txt").read_text().strip()
    assert f"\n{pin}+cpu ; sys_platform == 'linux' " in (REQUIREMENTS / "torch-cpu.lock").read_text()
    assert f"\n{pin} " in (REQUIREMENTS / "torch.lock").read_text()


def in_an_image(lock: str) -> set[str]:
    """The pins that hold for Debian 12's Python on an Intel machine."""
    machine = {
        "python_version": "3.11",
        "python_full_version": "3.11.2",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
    }
    pins = (line.rstrip(" \\") for line in (REQUIREMENTS / lock).read_text().splitlines() if re.match("[a-z]", line))
    requirements = [Requirement(pin) for pin in pins]
    return {f"{one.name}{one.specifier}" for one in requirements if not one.marker or one.marker.evaluate(machine)}


def test_the_inference_image_s_lock_is_part_of_the_detector_s() -> None:
    inference = in_an_image("inference.lock")
    assert inference < in_an_image("detector.lock")
    assert not {pin for pin in inference if pin.startswith(("torch", "onnx=", "sympy"))}


def test_pytorch_s_lock_fits_the_detector_s_and_has_nvidia_s_libraries() -> None:
    together = in_an_image("torch.lock") | in_an_image("detector.lock")
    names = [pin.split("==")[0] for pin in together]
    assert len(names) == len(set(names))
    assert {"torch", "triton", "nvidia-cublas", "nvidia-cudnn-cu13"} <= set(names)


def test_a_wheel_that_was_compiled_for_this_machine_alone_is_told() -> None:
    assert runs_anywhere("Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n")
    assert runs_anywhere("Tag: cp311-cp311-manylinux_2_17_x86_64\n")
    assert not runs_anywhere("Tag: cp311-cp311-linux_x86_64\n")


def test_what_is_installed_is_what_is_locked() -> None:
    checked = 0
    wrong = []
    for line in (REQUIREMENTS / "kit.lock").read_text().splitlines():
        match = re.match(r"^([A-Za-z0-9._-]+)==(\S+) \\$", line)
        if match:
            checked += 1
            if importlib.metadata.version(match[1]) != match[2]:
                wrong.append(line)
    assert checked > 50
    assert wrong == []


def test_uv_looks_where_pip_is_set_to_look_and_trusts_what_pip_trusts() -> None:
    printed = (
        ":env:.index-url='https://of-the-environment.example/simple'\n"
        "global.index-url='https://user:word@of-the-file.example/simple'\n"
        "global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'\n"
        "install.find-links='/wheels /more-wheels'\n"
        "global.trusted-host='one.example'\n"
        "global.cert='/etc/company.pem'\n"
        "global.proxy='http://proxy.example:3128'\n"
        "list.format='columns'\n"
    )
    settings, options = from_pip(printed, {"UV_INDEX": "https://of-uv.example/simple"})
    assert settings["UV_DEFAULT_INDEX"] == "https://of-the-environment.example/simple"
    assert "UV_INDEX" not in settings  # uv's own goes before it
    assert settings["UV_FIND_LINKS"] == "/wheels,/more-wheels"
    assert settings["UV_INSECURE_HOST"] == "one.example"
    assert settings["SSL_CERT_FILE"] == "/etc/company.pem"
    assert settings["ALL_PROXY"] == "http://proxy.example:3128"
    assert options == ()
    settings, options = from_pip(printed + "global.no-index='true'\n", {})
    assert settings["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert options == ("--no-index",)


def test_hashes_are_checked_whatever_uv_is_told() -> None:
    settings, _options = from_pip("", {"UV_NO_VERIFY_HASHES": "1"})
    assert settings["UV_NO_VERIFY_HASHES"] == "false"


@pytest.mark.parametrize(("cuda", "wanted"), [("None", False), ("'13.0'", True)])
def test_a_pytorch_for_cuda_is_told_without_its_libraries(tmp_path: Path, cuda: str, wanted: bool) -> None:
    version = tmp_path / "lib" / "python3.11" / "site-packages" / "torch" / "version.py"
    version.parent.mkdir(parents=True)
    # As PyTorch's own build writes it.
    version.write_text(f"from typing import Optional\n\n__version__ = '2.13.0'\ncuda: Optional[str] = {cuda}\n")
    assert is_cuda_build(tmp_path) is wanted


def test_before_environments_are_made_it_is_said_what_they_take() -> None:
    assert announcement(["localstack", "label-studio", "detector"]) == (
        "This is done once: about 532 MB come from the package index, 1.9 GB are taken on disk; at 100 Mbit/s it takes "
        "about 2 min."
    )
    assert announcement(["kit", "gluoncv"]) == "", "nobody has measured that"


def test_all_that_a_run_may_make_has_been_measured() -> None:
    assert {path.name for path in (*environments.PROCESSES, *environments.OF_THE_AWS_DOUBLE)} < set(COSTS)


@pytest.mark.parametrize(
    "module",
    ["requirements.install", "kit.local_cloud.labelling.label_studio_database", "kit.setting_names", "kit.make_help"],
)
def test_what_runs_before_there_is_an_environment_needs_the_standard_library_only(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import {module}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
