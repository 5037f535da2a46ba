import os
from pathlib import Path

import pytest

from kit.atomic_file import write_atomically


def test_the_old_content_survives_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.json"
    write_atomically(path, b"old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["journal.json"]


def test_the_folder_is_on_disk_too_once_the_new_name_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.json"
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.exists()))
        real(descriptor)

    monkeypatch.setattr("os.fsync", noted)
    write_atomically(path, b"new")
    assert [there for _name, there in synced] == [False, True]
    assert synced[-1] == (str(tmp_path), True)
