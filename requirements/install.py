#!/usr/bin/env python3
"""Makes the environments under .venvs/ from the locks beside this file: `install.py [--dev] NAME...`

Each heavy part has an environment of its own, because LocalStack pins boto3, Label Studio pins half of Django's world
and the detector brings PyTorch. They are made side by side, kept, and made anew only when their lock changes.
Standard library only, and of the kit what needs no more: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import runpy
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kit.language import _  # noqa: E402 (found by the line above)

LOCKS = ROOT / "requirements"
VENVS = ROOT / ".venvs"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NETWORK_SIGNS = (
    "NewConnectionError", "NameResolutionError", "Network is unreachable", "ConnectTimeoutError", "ReadTimeoutError",
    "ProxyError", "Temporary failure in name resolution", "No matching distribution found",
)  # fmt: skip


class Environment(NamedTuple):
    """What an environment holds.

    Attributes:
        torch: whether PyTorch comes first, from the index that suits this machine.
        package: a folder of this repository that is installed in place.
        warm_up: a command run once at the end, from the repository's root, so that the first run need not do it.
        warm_up_settings: environment variables for it. Both may say {venv}, the command {python} too: what runs this.
        warm_up_folder: a folder in the environment that the command wants to be there.
    """

    torch: bool = False
    package: str | None = None
    warm_up: tuple[str, ...] = ()
    warm_up_settings: tuple[tuple[str, str], ...] = ()
    warm_up_folder: str = ""


ENVIRONMENTS = {
    "kit": Environment(package="."),
    # LocalStack's catalogue of services, and Label Studio's database with its migrations done.
    "localstack": Environment(
        warm_up=("{venv}/bin/python", "-m", "localstack.aws.spec"),
        warm_up_settings=(("FILESYSTEM_ROOT", "{venv}/filesystem"), ("OVERRIDE_IN_DOCKER", "0")),
        warm_up_folder="filesystem/usr/lib/localstack",
    ),
    "label-studio": Environment(
        warm_up=("{python}", "-m", "kit.local_cloud.labelling.label_studio_database", "{venv}")
    ),
    "detector": Environment(torch=True, package="containers/detector"),
    "moto": Environment(),
    "gluoncv": Environment(),
    "converters": Environment(),
}
# The last Python that an environment's packages have wheels for, where that is an old one.
NEWEST_PYTHON = {"gluoncv": (3, 11)}


class InstallError(Exception):
    """One sentence for the user."""


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
    problems: list[str] = []
    VENVS.mkdir(exist_ok=True)

    def work(name: str) -> None:
        try:
            # Somebody else who is at it already makes what is wanted here too.
            with (VENVS / f"{name}.busy").open("w") as busy:
                fcntl.flock(busy, fcntl.LOCK_EX)
                make(name, arguments.dev)
        except InstallError as error:
            problems.append(_("The environment {name} could not be made: {error}").format(name=name, error=error))

    threads = [threading.Thread(target=work, args=(name,)) for name in arguments.names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 3 if problems else 0


def make(name: str, dev: bool) -> None:
    """Makes one environment unless the one there is already what its lock says."""
    environment, folder = ENVIRONMENTS[name], VENVS / name
    plain, full = LOCKS / f"{name}.lock", LOCKS / f"{name}-dev.lock"
    lock = full if dev and full.exists() else plain
    stamp = folder / ".installed"
    wanted = fingerprint(lock, environment)
    if stamp.exists() and wanted in stamp.read_text(encoding="utf-8").split():
        return
    if sys.version_info[:2] > NEWEST_PYTHON.get(name, sys.version_info[:2]):
        newest = "{}.{}".format(*NEWEST_PYTHON[name])
        raise InstallError(
            _("its packages end at Python {newest}; run `make PYTHON=python{newest} …`.").format(newest=newest)
        )
    log = VENVS / f"{name}.log"
    started = time.monotonic()
    print(_("Making .venvs/{name} …").format(name=name), flush=True)
    log.write_bytes(b"")
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        stamp.unlink()
    run(log, sys.executable, "-m", "venv", str(folder))
    python = folder / "bin" / "python"
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    if environment.torch:
        run(log, *pip, *torch_index(), "-r", str(LOCKS / "torch.txt"))
        if is_cuda_build(folder):
            run(log, *pip, "-r", str(LOCKS / "torch-cuda.lock"))
    run(log, *pip, "-r", str(lock))
    if environment.package:
        run(log, *pip, "--no-build-isolation", "--editable", str(ROOT / environment.package))
    if environment.warm_up:
        (folder / environment.warm_up_folder).mkdir(parents=True, exist_ok=True)
        settings = {variable: value.format(venv=folder) for variable, value in environment.warm_up_settings}
        command = (part.format(venv=folder, python=sys.executable) for part in environment.warm_up)
        run(log, *command, **settings)
    # An environment with the development tools also serves for runs.
    stamps = {wanted, fingerprint(plain, environment)}
    stamp.write_text("\n".join(sorted(stamps)), encoding="utf-8")
    log.unlink()
    print(_("Made .venvs/{name} in {seconds:.0f} s.").format(name=name, seconds=time.monotonic() - started), flush=True)


def fingerprint(lock: Path, environment: Environment) -> str:
    torch = (LOCKS / "torch.txt").read_bytes() if environment.torch else b""
    identity = f"{sys.version_info[:2]} {ROOT} {environment}".encode()
    return hashlib.sha256(lock.read_bytes() + torch + identity).hexdigest()


def torch_index() -> tuple[str, ...]:
    """Where a CPU build of PyTorch comes from: 200 MB in place of 3 GB, wherever there is no NVIDIA GPU to use."""
    if index := os.environ.get("TORCH_INDEX"):
        return ("--extra-index-url", index)
    if platform.system() != "Linux" or shutil.which("nvidia-smi"):
        return ()
    try:
        with urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=5):  # noqa: S310 (a constant https address)
            return ("--extra-index-url", TORCH_CPU_INDEX)
    except (OSError, urllib.error.URLError):
        print(_("{url} does not answer: PyTorch comes from pip's own index.").format(url=TORCH_CPU_INDEX), flush=True)
        return ()


def is_cuda_build(folder: Path) -> bool:
    """Whether the PyTorch of an environment wants NVIDIA's libraries, without which it cannot even be imported."""
    (version,) = folder.glob("lib/python*/site-packages/torch/version.py")
    return runpy.run_path(str(version))["cuda"] is not None


def run(log: Path, *command: str, **settings: str) -> None:
    with log.open("ab") as output:
        status = subprocess.call(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **settings},
        )
    if status == 0:
        return
    text = log.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text:
        raise InstallError(
            _("the disk is full; free about 5 GB under {folder} and run the command again.").format(folder=VENVS)
        )
    if any(sign in text for sign in NETWORK_SIGNS):
        raise InstallError(
            _("the package index cannot be reached; connect and run the command again (log: {log}).").format(log=log)
        )
    if "ensurepip" in text:
        raise InstallError(_("Python's venv module is incomplete; install it (Debian: apt-get install python3-venv)."))
    tail = "\n".join(text.splitlines()[-5:])
    raise InstallError(
        _("`{command} …` ended with status {status} (log: {log}):").format(
            command=" ".join(command[1:6]), status=status, log=log
        )
        + f"\n{tail}"
    )


if __name__ == "__main__":
    sys.exit(main())
