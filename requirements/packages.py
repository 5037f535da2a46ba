"""Installs what the locks name: by uv, or by pip where uv cannot be had; both from where pip is set to look."""

from __future__ import annotations

import ast
import os
import runpy
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kit.language import _
from requirements.task import ROOT, MissingError, Task

LOCKS = ROOT / "requirements"
TORCH_LOCKS = (LOCKS / "torch-cpu.lock", LOCKS / "torch.lock")
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# pip's options, uv's variables for the same (https://docs.astral.sh/uv/reference/environment), and how uv splits lists.
_UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "retries": ("UV_HTTP_RETRIES", " "),
}
# What uv once called two of them.
_OLDER_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


@dataclass(frozen=True)
class Installer:
    """uv, or each environment's own pip.

    Attributes:
        uv: its executable; None for pip.
        settings: environment variables for it.
        options: of the command line.
        target: Python and platform to install for, when they are not this machine's, by uv alone; a folder then gets
            packages without being an environment.
    """

    uv: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    target: tuple[str, str] | None = None

    def create(self, task: Task, folder: Path) -> None:
        """Makes an empty environment for the Python that runs this."""
        if self.uv:
            task.run(self.uv, "venv", "--python", sys.executable, folder, settings=self.settings)
        else:
            task.run(sys.executable, "-m", "venv", folder)

    def install(self, task: Task, folder: Path, *what: str | os.PathLike[str], index: str | None = None) -> None:
        """Installs just what the arguments say into an environment, dependencies not followed.

        Args:
            index: asked in place of the one that pip is set to.
        """
        pip: tuple[str | os.PathLike[str], ...]
        if self.uv and self.target:
            python, platform = self.target
            packages = folder / "lib" / f"python{python}" / "site-packages"
            there = ("--python-version", python, "--python-platform", platform, "--target", packages)
            pip = (self.uv, "pip", "install", "--python", sys.executable, *there, *self.options)
        elif self.uv:
            pip = (self.uv, "pip", "install", "--python", folder, *self.options)
        else:
            pip = (folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", *self.options)
        elsewhere = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index} if index else {}
        task.run(*pip, "--no-deps", *what, settings={**self.settings, **elsewhere})

    def install_lock(self, task: Task, folder: Path, lock: Path, *options: str, index: str | None = None) -> None:
        """Installs what a lock names, each file only when it has a hash that the lock has for it."""
        self.install(task, folder, "--require-hashes", *options, "-r", lock, index=index)


def with_uv(environment: Path) -> Installer:
    """uv from an environment that has it beside pip, whose settings say where packages come from."""
    printed = subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    settings, options = from_pip(printed, os.environ)
    return Installer(environment / "bin" / "uv", settings, options)


def from_pip(printed: str, environment: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """uv's settings for the same sources and certificates as pip's; uv's own variables go before them.

    Args:
        printed: by `pip config list`.
        environment: this process's variables.

    Returns:
        Variables for uv, and options for `uv pip`.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in printed.splitlines():
        name, _equals, value = line.partition("=")
        section, _dot, option = name.rpartition(".")
        if section in sections:
            sections[section][option] = ast.literal_eval(value)
    # The later ones overrule the earlier ones, as they do in pip.
    pip = {**sections["global"], **sections["install"], **sections[":env:"]}
    pip.setdefault("cert", environment.get("REQUESTS_CA_BUNDLE", ""))
    # When hashes are checked is for the command line to say.
    settings = {"UV_NO_VERIFY_HASHES": "false", "UV_REQUIRE_HASHES": "false", "UV_PYTHON_DOWNLOADS": "never"}
    for option, (variable, separator) in _UV_VARIABLES.items():
        if pip.get(option) and variable not in environment and _OLDER_NAMES.get(variable, variable) not in environment:
            settings[variable] = separator.join(pip[option].split())
    # pip too looks for a version in all indexes, and trusts what this machine trusts.
    settings.setdefault("UV_INDEX_STRATEGY", environment.get("UV_INDEX_STRATEGY", "unsafe-best-match"))
    trusted = ssl.get_default_verify_paths()
    if sys.platform == "darwin" or trusted.cafile or trusted.capath:
        settings["UV_SYSTEM_CERTS"] = environment.get("UV_SYSTEM_CERTS", "true")
    return settings, ("--no-index",) if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else ()


def install_torch(installer: Installer, task: Task, folder: Path, say: Callable[[str], None], *, for_cpu: bool) -> None:
    """Installs PyTorch, for the CPU of a Linux machine (200 MB in place of 3 GB) or as PyPI has it."""
    if index := os.environ.get("TORCH_INDEX"):
        say(_("PyTorch comes from {index}, whose files no lock names: its hash is not checked.").format(index=index))
        installer.install(task, folder, "-r", LOCKS / "torch.txt", index=index)
        if is_cuda_build(folder):
            installer.install_lock(task, folder, LOCKS / "torch.lock")
        return
    if for_cpu:
        index = TORCH_CPU_INDEX if _answers(TORCH_CPU_INDEX) else None
        try:
            installer.install_lock(task, folder, LOCKS / "torch-cpu.lock", index=index)
            return
        except MissingError:
            say(
                _("{url} does not answer: PyTorch comes for CUDA (3 GB), from pip's own index.").format(
                    url=TORCH_CPU_INDEX
                )
            )
    installer.install_lock(task, folder, LOCKS / "torch.lock")


def is_cuda_build(folder: Path) -> bool:
    """Whether the PyTorch of an environment wants NVIDIA's libraries, without which it cannot even be imported."""
    (version,) = folder.glob("lib/python*/site-packages/torch/version.py")
    return runpy.run_path(str(version))["cuda"] is not None


def _answers(index: str) -> bool:
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=5):  # noqa: S310 (a constant https address)
            return True
    except (OSError, urllib.error.URLError):
        return False
