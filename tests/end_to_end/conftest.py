from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end import command


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole `kit local` with the default settings."""
    folder = tmp_path_factory.mktemp("rehearsal")
    done = command.kit("local", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout + done.stderr)
    return folder
