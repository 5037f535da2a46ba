"""What the local cloud remembers over a restart."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kit.errors import ServiceError
from kit.local_cloud.labelling.label_studio import run_credentials
from kit.local_cloud.records import Records


def test_a_reopened_folder_answers_the_same(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 22, 15, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    record = {"Name": "ケーブル", "Time": moment, "Steps": [{"Start": moment}], "Value": 0.1}
    records = Records(tmp_path / "jobs")
    assert records.add("job-1", record)
    assert not records.add("job-1", {})
    records.change("job-1", lambda old: {**old, "Status": "Completed"})
    assert records.add("job-2", {})
    assert records.delete("job-2")
    assert not records.delete("job-2")

    reopened = Records(tmp_path / "jobs")
    assert reopened.all() == [{**record, "Status": "Completed"}]
    answer = reopened.get("job-1")
    assert answer is not None
    assert answer["Time"].utcoffset() == timedelta(hours=9)
    assert reopened.get("job-2") is None


def test_what_a_kill_left_half_written_is_not_a_record(tmp_path: Path) -> None:
    Records(tmp_path).add("job-1", {"Status": "InProgress"})
    (tmp_path / ".job-1.json.k2j4").write_text('{"Status": "Comp')
    assert Records(tmp_path).all() == [{"Status": "InProgress"}]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Time": {"$datetime": 1}}', '{"Time": {"$datetime": "yesterday"}}'])
def test_a_damaged_record_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "job-1.json").write_text(text)
    with pytest.raises(ServiceError, match=r"job-1\.json is damaged .*; remove it: the same command"):
        Records(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"user": 1, "password": "a", "token": "b"}'])
def test_damaged_credentials_are_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    kept = run_credentials(tmp_path)
    assert run_credentials(tmp_path) == kept
    (tmp_path / "credentials.json").write_text(text)
    with pytest.raises(ServiceError, match=r"credentials\.json is damaged .*put it back, or remove"):
        run_credentials(tmp_path)
