#!/usr/bin/env python3
"""Lays out what a container image imports: `lay_out.py [--torch cpu|cuda] LOCK MACHINE FOLDER`.

The packages of a lock come into FOLDER/lib/python3.11/site-packages, for the image's Python and system, whatever this
machine's are; by uv, from where pip is set to look. So an image is built without a network.
Standard library only, as `install.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit.language import _
from requirements.install import choose_installer
from requirements.packages import install_torch, is_cuda_build
from requirements.progress import Progress
from requirements.task import InstallError, Task

# Debian 12's.
PYTHON = "3.11"
GLIBC = "2_36"


def main() -> int:
    parser = argparse.ArgumentParser(description="Lay out what a container image imports.")
    parser.add_argument("lock", type=Path)
    parser.add_argument("machine", choices=["x86_64", "aarch64"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--torch", choices=["cpu", "cuda"])
    arguments = parser.parse_args()
    with Progress() as progress:
        try:
            lay_out(arguments.lock, arguments.machine, arguments.folder, arguments.torch, progress)
        except (InstallError, OSError) as error:
            name = arguments.folder.name
            print(
                _("The packages of the image {name} cannot be had: {error}").format(name=name, error=error),
                file=sys.stderr,
            )
            return 3
    return 0


def lay_out(lock: Path, machine: str, folder: Path, torch: str | None, progress: Progress) -> None:
    """Fills a folder with the packages of a lock.

    Args:
        machine: of the image, as uv and Python call it.
        torch: the build of PyTorch that comes too.

    Raises:
        InstallError: uv or a package cannot be had.
    """
    installer = choose_installer(progress)
    if not installer.uv:
        raise InstallError(_("it takes uv, which pip cannot replace here."))
    installer = dataclasses.replace(installer, target=(PYTHON, f"{machine}-manylinux_{GLIBC}"))
    task = Task(folder.name, folder.with_suffix(".log"), doing=_("packages"))
    with progress.showing(task):
        if torch:
            install_torch(installer, task, folder, progress.say, for_cpu=torch == "cpu")
            if torch == "cuda" and not is_cuda_build(folder):
                raise InstallError(_("TORCH_INDEX has PyTorch for the CPU; set it to an index that has it for CUDA."))
        installer.install_lock(task, folder, lock.resolve())
    task.log.unlink()
    wheels = folder.glob("lib/*/site-packages/*.dist-info/WHEEL")
    if wrong := [path.parent.stem for path in wheels if not runs_anywhere(path.read_text(encoding="utf-8"))]:
        raise InstallError(
            _("there is no wheel for {machine} of {names}: choose RUNTIME=process.").format(
                machine=machine, names=", ".join(wrong)
            )
        )


def runs_anywhere(wheel: str) -> bool:
    """Whether a wheel, by its file WHEEL, is not one that was compiled here for this machine alone."""
    platforms = [line.rpartition("-")[2] for line in wheel.splitlines() if line.startswith("Tag: ")]
    return all(platform == "any" or platform.startswith("manylinux") for platform in platforms)


if __name__ == "__main__":
    sys.exit(main())
