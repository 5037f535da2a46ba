#!/usr/bin/env python3
"""Makes the environments under .venvs/ from the locks beside this file: `install.py [--dev] NAME...`

Each heavy part has an environment of its own, because LocalStack pins boto3, Label Studio pins half of Django's world
and the detector brings PyTorch. They are made side by side, kept, and made anew only when their lock changes.
`.venvs/NAME` is a link to a folder of its own, set when all is in that folder: whoever is killed leaves no half of one.
Standard library only, and of the kit what needs no more: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit import stopping
from kit.language import _
from requirements.environments import ENVIRONMENTS, announcement
from requirements.packages import LOCKS, TORCH_LOCKS, Installer, install_torch, with_uv
from requirements.progress import Progress
from requirements.task import ROOT, InstallError, Task, UnreachableError, leave_if_stopped

VENVS = ROOT / ".venvs"
STAMP = ".installed"
# In an environment's folder, a link to the one that it has replaced.
BEFORE = ".before"


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the environments under .venvs/ from their lock files.")
    parser.add_argument("names", nargs="+", choices=sorted(ENVIRONMENTS), metavar="NAME")
    parser.add_argument("--dev", action="store_true", help="with the tools of `make test` and `make check`")
    arguments = parser.parse_args()
    if sys.version_info < (3, 10):  # noqa: UP036 (this file is what tells an older Python)
        found = platform.python_version()
        print(
            _("Python 3.10 or newer is needed, this is {found}; run `make PYTHON=python3.11 …`.").format(found=found),
            file=sys.stderr,
        )
        return 3
    missing = [name for name in arguments.names if not is_made(name, arguments.dev)]
    if not missing and not any(map(leftovers, arguments.names)):
        return 0
    stopping.listen()
    try:
        with stopping.at_safe_places(), Progress() as progress:
            if missing and not arguments.dev and (told := announcement(missing)):
                progress.say(told)
            problems = make_all(arguments.names, arguments.dev, progress)
    except stopping.Stopped:
        stopping.tell(_("Stopped. The same command makes what is missing."))
        return stopping.exit_status()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 3 if problems else 0


def make_all(names: list[str], dev: bool, progress: Progress) -> list[str]:
    """Makes environments side by side; a sentence for each that could not be made."""
    problems: list[str] = []

    def work(name: str) -> None:
        try:
            make(name, dev, installer, progress)
        except (InstallError, OSError) as error:
            problems.append(_("The environment {name} could not be made: {error}").format(name=name, error=error))

    try:
        installer = choose_installer(progress)
    except (InstallError, OSError) as error:
        return [_("The environment {name} could not be made: {error}").format(name=", ".join(names), error=error)]
    with ThreadPoolExecutor() as threads:
        for made in [threads.submit(work, name) for name in names]:
            while not made.done():
                leave_if_stopped()
            # What else goes wrong in one of them is raised here.
            made.result()
    return problems


def choose_installer(progress: Progress) -> Installer:
    """uv, which is made for this where it is not there; pip where uv cannot be had, or INSTALLER=pip asks for it.

    Raises:
        UnreachableError: no package index answers.
    """
    if os.environ.get("INSTALLER") == "pip":
        return Installer()
    try:
        make("uv", False, Installer(), progress)
    except UnreachableError:
        raise
    except InstallError as error:
        progress.say(
            _("uv cannot be had, so pip makes the environments, which takes longer: {error}").format(error=error)
        )
        return Installer()
    return with_uv(VENVS / "uv")


def make(name: str, dev: bool, installer: Installer, progress: Progress) -> None:
    """Makes one environment unless the one there is already what its lock says.

    Raises:
        InstallError: it cannot be made; the one there is as it was.
    """
    environment = ENVIRONMENTS[name]
    VENVS.mkdir(exist_ok=True)
    with (VENVS / f"{name}.busy").open("w") as busy:
        task = Task(name, VENVS / f"{name}.log", busy.fileno(), _("waiting for another command that makes it"))
        with progress.showing(task):
            _wait_for(busy)
            if is_made(name, dev):
                remove(leftovers(name))
                return
            if environment.newest_python and sys.version_info[:2] > environment.newest_python:
                newest = "{}.{}".format(*environment.newest_python)
                raise InstallError(
                    _("its packages end at Python {newest}; run `make PYTHON=python{newest} …`.").format(newest=newest)
                )
            progress.say(_("Making .venvs/{name} …").format(name=name))
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=VENVS))
            try:
                folder.chmod(0o755)
                fill(folder, task, lock_of(name, dev), installer, progress)
                # An environment with the development tools also serves for runs.
                stamps = {fingerprint(name, dev), fingerprint(name, dev=False)}
                (folder / STAMP).write_text("\n".join(sorted(stamps)), encoding="utf-8")
                put_in_place(folder, name)
            finally:
                remove(path for path in leftovers(name) if path != task.log)
            task.log.unlink()
            progress.say(
                _("Made .venvs/{name} in {seconds:.0f} s.").format(name=name, seconds=time.monotonic() - task.started)
            )


def _wait_for(busy: TextIO) -> None:
    """Returns with the lock of the file held; raises Stopped when a signal comes first."""
    while True:
        try:
            return fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            leave_if_stopped()


def fill(folder: Path, task: Task, lock: Path, installer: Installer, progress: Progress) -> None:
    """Makes an environment in an empty folder."""
    environment = ENVIRONMENTS[task.name]
    task.doing = "Python"
    installer.create(task, folder)
    if environment.torch:
        task.doing = "PyTorch"
        # Wherever there is no NVIDIA GPU to use; a Mac has one build for all.
        for_cpu = platform.system() == "Linux" and not shutil.which("nvidia-smi")
        install_torch(installer, task, folder, progress.say, for_cpu=for_cpu)
    task.doing = _("packages")
    installer.install_lock(task, folder, lock, *environment.options)
    if environment.package:
        task.doing = _("the code of this repository")
        installer.install(task, folder, "--no-build-isolation", "--editable", ROOT / environment.package)
    if warm_up := environment.warm_up:
        task.doing = _(warm_up.makes)
        (folder / warm_up.folder).mkdir(parents=True, exist_ok=True)
        settings = {variable: value.format(venv=folder) for variable, value in warm_up.settings}
        task.run(*(part.format(venv=folder, python=sys.executable) for part in warm_up.command), settings=settings)


def put_in_place(folder: Path, name: str) -> None:
    """Lets `.venvs/name` lead to a finished folder, in one step; the one before it stays for whoever runs from it."""
    place = VENVS / name
    if place.is_symlink():
        (folder / BEFORE).symlink_to(VENVS / place.readlink())
    elif place.is_dir():
        # As environments were before they were links: left over now.
        place.rename(tempfile.mkdtemp(prefix=f"{name}-", dir=VENVS))
    link = folder / ".link"
    link.symlink_to(folder.name)
    link.replace(place)


def leftovers(name: str) -> list[Path]:
    """What killed installers, or older locks, have left, or someone else is still at."""
    kept = [path.resolve() for path in (VENVS / name, VENVS / name / BEFORE)]
    return [path for path in (*VENVS.glob(f"{name}-*"), *VENVS.glob(f"{name}.log")) if path not in kept]


def remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def is_made(name: str, dev: bool) -> bool:
    stamp = VENVS / name / STAMP
    return stamp.exists() and fingerprint(name, dev) in stamp.read_text(encoding="utf-8").split()


def lock_of(name: str, dev: bool) -> Path:
    full = LOCKS / f"{name}-dev.lock"
    return full if dev and full.exists() else LOCKS / f"{name}.lock"


def fingerprint(name: str, dev: bool) -> str:
    """Of all that decides what is in an environment."""
    environment = ENVIRONMENTS[name]
    locks = [lock_of(name, dev), *(TORCH_LOCKS if environment.torch else ())]
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT} {environment}".encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
