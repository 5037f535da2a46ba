"""Endpoints that are forgotten are pointed out, by reading journals only."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from kit.run.reminder import old_endpoints

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.timezone.utc)


def journal(runs: Path, name: str, *, track: str = "cloud", url: str = "", **resource: Any) -> None:
    folder = runs / name
    folder.mkdir(parents=True)
    entry = {"kind": "endpoint", "name": name, "deleted": False, "entered": "2026-11-22T09:30:00+00:00", **resource}
    content = {
        **{"format": 1, "run": name, "track": track, "created": "2026-11-22T09:00:00+00:00"},
        **{"settings": {"endpoint_url": url}, "runtime": "aws", "runtime_reason": "", "stages": {}},
        "resources": [entry],
    }
    (folder / "journal.json").write_text(json.dumps(content))


def test_an_endpoint_older_than_the_hours_is_named_with_its_age(tmp_path: Path) -> None:
    journal(tmp_path, "old")
    (tmp_path / "latest").symlink_to("old")
    assert len(old_endpoints(tmp_path, 2, NOW)) == 1
    said = old_endpoints(tmp_path, 2, NOW)[0]
    assert "ENDPOINT old HAS BEEN RUNNING FOR 2.5 HOURS" in said
    assert "make cloud-clean" in said
    assert old_endpoints(tmp_path, 3, NOW) == []


def test_what_costs_nothing_is_passed_over(tmp_path: Path) -> None:
    journal(tmp_path, "deleted", deleted=True)
    journal(tmp_path, "local", track="local")
    journal(tmp_path, "rehearsal", url="http://127.0.0.1:1")
    journal(tmp_path, "bucket", kind="bucket")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "journal.json").write_text("{")
    assert old_endpoints(tmp_path, 2, NOW) == []
