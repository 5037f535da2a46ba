"""`make doctor` and `make cloud PLAN=1`, as README gives them: on a healthy account, and without any account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.test_faults import READS, refused


@pytest.mark.parametrize(("command", "settings"), [("doctor", {}), ("cloud", {"plan": "1"})])
def test_on_a_fresh_account_it_passes_and_only_reads(
    tmp_path: Path, double: Double, command: str, settings: dict[str, str]
) -> None:
    before = len(double.calls())
    ended = run(tmp_path, double.url, command, **settings)
    assert ended.status == 0, ended.said
    assert "WORKERS=" in ended.said, "that it will be wanted is said"
    asked = [call["operation"] for call in double.calls()[before:]]
    assert asked
    assert [operation for operation in asked if not operation.startswith(READS)] == []


def test_more_labels_than_a_job_takes_are_refused_before_anything_is_made(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    labels = ",".join(f"class-{number}" for number in range(11))
    ended = run(tmp_path, double.url, "cloud", images=str(pictures), labels=labels, yes="1", workers="a@example.org")
    refused(ended, 3, "labels")
    assert "at most 10" in ended.said
    assert double.left() == []


def test_without_credentials_what_this_machine_has_is_told_all_the_same(tmp_path: Path) -> None:
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KIT_"))}
    for region in ({}, {"AWS_DEFAULT_REGION": "us-west-2"}):
        done = subprocess.run(
            [sys.executable, "-m", "kit", "doctor"],
            cwd=Path(__file__).parents[2],
            env={**kept, **nothing, **region, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        for told in ("Python", "disk", "Docker engine", "browser", "AWS account", "make cloud-rehearsal PLAN=1"):
            assert told in done.stdout
        assert "Traceback" not in done.stderr
