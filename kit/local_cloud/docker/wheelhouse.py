"""Collects an image's wheels on this machine, by pip's own settings and certificates: a build needs no network."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

from kit.errors import SetupError
from kit.language import _
from kit.local_cloud import environments

# Debian 12's.
PYTHON = "3.11"
_PYTHON_FULL = "3.11.2"
_GLIBC_MINORS = range(17, 37)
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
_STAMP = "collected"
_DISK_FULL = "No space left on device"


def pins(locks: Sequence[Path], architecture: str) -> tuple[str, ...]:
    """The pinned requirements of the locks that hold for the image, whatever Python this is; `name==version` each.

    Args:
        architecture: of the image, in Docker's words: "amd64", "arm64".

    Raises:
        SetupError: there are no wheels for the architecture.
    """
    if architecture not in _MACHINES:
        raise SetupError(
            _(
                "The Docker engine builds for {architecture}, for which there are no wheels of PyTorch and ONNX "
                "Runtime: choose RUNTIME=process."
            ).format(architecture=architecture)
        )
    machine = {
        "python_version": PYTHON,
        "python_full_version": _PYTHON_FULL,
        "implementation_name": "cpython",
        "implementation_version": _PYTHON_FULL,
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": _MACHINES[architecture],
    }
    found = []
    for lock in locks:
        for line in lock.read_text(encoding="utf-8").splitlines():
            text = line.split("#")[0].strip(" \\")
            if not text or text.startswith("--hash"):
                continue
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(machine):
                found.append(f"{requirement.name}{requirement.specifier}")
    # PyTorch's own lock and the detector's have some in common.
    return tuple(dict.fromkeys(found))


def collect(wanted: Sequence[str], folder: Path, architecture: str, *, cuda: bool = False) -> None:
    """Fills `folder` with a wheel of each pin, and `folder/pip` with pip's own; what is there already stays.

    Args:
        wanted: see `pins`.
        cuda: whether PyTorch is to be the CUDA build, not the much smaller one for the CPU.

    Raises:
        SetupError: the package index cannot be reached, lacks something, or the disk is full.
    """
    stamp = folder / _STAMP
    identity = hashlib.sha256("\n".join([*wanted, architecture, str(cuda)]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == identity:
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "pip").mkdir(parents=True)
    try:
        torch = [pin for pin in wanted if pin.startswith("torch==")]
        rest = [pin for pin in wanted if pin not in torch]
        download = ("download", "--dest", os.fspath(unfinished), *_target(architecture))
        if torch:
            _pip(*download, *_torch_index(cuda), *torch)
            if cuda and [*unfinished.glob("torch-*+cpu-*")]:
                raise SetupError(
                    _("pip finds PyTorch's build for the CPU, none for CUDA: set TORCH_INDEX to an index that has one.")
                )
        if rest:
            _pip(*download, *rest)
        _pip("download", "--dest", os.fspath(unfinished / "pip"), "pip")
        for archive in [path for path in unfinished.iterdir() if path.name.endswith((".tar.gz", ".zip"))]:
            _pip("wheel", "--wheel-dir", os.fspath(unfinished), os.fspath(archive))
            archive.unlink()
        compiled = [path.name for path in unfinished.glob("*.whl") if not _suits(path, architecture)]
        if compiled:
            raise SetupError(
                _("There is no wheel for {architecture} of {names}: choose RUNTIME=process.").format(
                    architecture=architecture, names=", ".join(compiled)
                )
            )
        (unfinished / _STAMP).write_text(identity)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _target(architecture: str) -> tuple[str, ...]:
    """pip's options for the image's Python, in place of the one that runs pip."""
    machine = _MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS] + [f"manylinux2014_{machine}"]
    return (
        *("--python-version", PYTHON, "--implementation", "cp"),
        *(part for abi in ("cp311", "abi3", "none") for part in ("--abi", abi)),
        *(part for platform in platforms for part in ("--platform", platform)),
    )


def _torch_index(cuda: bool) -> tuple[str, ...]:
    """PyTorch for the CPU is in an index of its own; without it pip's own settings have to lead to one."""
    if index := os.environ.get("TORCH_INDEX"):
        return ("--extra-index-url", index)
    if cuda:
        return ()
    try:
        with urllib.request.urlopen(f"{_CPU_TORCH_INDEX}/torch/", timeout=5):  # noqa: S310 (a constant https address)
            return ("--extra-index-url", _CPU_TORCH_INDEX)
    except OSError:
        return ()


def _suits(wheel: Path, architecture: str) -> bool:
    """Whether a wheel built here from a source archive runs in the image."""
    return wheel.name.endswith("-any.whl") or wheel.stem.endswith(_MACHINES[architecture])


def _pip(verb: str, *arguments: str) -> None:
    python = environments.PIP if environments.PIP.exists() else sys.executable
    done = subprocess.run(
        [python, "-m", "pip", verb, "--quiet", "--no-deps", "--disable-pip-version-check", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return
    if _DISK_FULL in done.stderr:
        raise SetupError(_("The disk is full while wheels are collected: free about 2 GB and run the command again."))
    errors = re.findall(r"^ERROR: (.*)$", done.stderr, re.MULTILINE) or done.stderr.splitlines()[-1:]
    raise SetupError(
        _(
            "pip cannot collect the wheels of an image ({errors}): connect to the package index, or correct pip's "
            "settings, and run the command again."
        ).format(errors=" ".join(errors))
    )
