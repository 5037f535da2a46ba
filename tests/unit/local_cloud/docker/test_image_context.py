"""What is sent to the engine that builds an image."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from kit.errors import SetupError
from kit.local_cloud.docker import image_context


def test_an_architecture_without_wheels_is_told() -> None:
    assert (image_context.machine_of("amd64"), image_context.machine_of("arm64")) == ("x86_64", "aarch64")
    with pytest.raises(SetupError, match=r"s390x.*RUNTIME=process"):
        image_context.machine_of("s390x")


def test_the_context_is_what_was_named_and_all_can_read_it(tmp_path: Path) -> None:
    repository, packages = tmp_path / "repository", tmp_path / "laid-out"
    site = packages / "lib" / "python3.11" / "site-packages"
    files = {
        repository / "containers" / "tiny" / "Dockerfile": 0o600,
        repository / "containers" / "other" / "Dockerfile": 0o644,
        site / "numpy" / "core.py": 0o640,
        site / "numpy" / "core" / "tests" / "test_core.py": 0o644,
        site / "bin" / "f2py": 0o755,
        site / "numpy" / "bin" / "tool": 0o755,
    }
    for path, mode in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode)
    archive = io.BytesIO()
    image_context.write(archive, repository, [Path("containers/tiny")], packages, ["*/numpy/*/tests/*"])
    with tarfile.open(fileobj=archive) as context:
        modes = {entry.name: oct(entry.mode) for entry in context}
        owners = {(entry.uid, entry.gid, entry.uname) for entry in context}
    assert modes == {
        "containers/tiny/Dockerfile": "0o644",
        "packages/lib/python3.11/site-packages/numpy/core.py": "0o644",
        "packages/lib/python3.11/site-packages/numpy/bin/tool": "0o755",
    }
    assert owners == {(0, 0, "")}


def test_the_fingerprint_follows_every_file_and_fact(tmp_path: Path) -> None:
    folder = tmp_path / "containers"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM base\n")
    first = image_context.fingerprint(tmp_path, [Path("containers")], ["x86_64"])
    assert image_context.fingerprint(tmp_path, [Path("containers")], ["x86_64"]) == first
    assert image_context.fingerprint(tmp_path, [Path("containers")], ["aarch64"]) != first
    (folder / "start").touch()
    assert image_context.fingerprint(tmp_path, [Path("containers")], ["x86_64"]) != first
