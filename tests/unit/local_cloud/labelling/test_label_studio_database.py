"""What a Label Studio process may know of the machine it runs on."""

from pathlib import Path

import pytest

from kit.errors import SetupError
from kit.local_cloud.labelling.label_studio_database import label_studio_environment, prepare_database


@pytest.mark.parametrize(
    "name", ["DEBUG", "HOST", "DATABASE_NAME", "HEARTEX_HOST", "LABEL_STUDIO_STORAGE_TYPE", "AWS_PROFILE", "HTTP_PROXY"]
)
def test_settings_of_the_shell_do_not_reach_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, "of the shell")
    assert "of the shell" not in label_studio_environment(tmp_path).values()


def test_an_environment_without_label_studio_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="bin/python does not exist; run `make setup`"):
        prepare_database(tmp_path)
    assert list((tmp_path / "var").iterdir()) == []
