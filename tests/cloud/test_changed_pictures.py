"""Pictures that change while a run on AWS is unfinished: it ends with them as they are, and nothing stays on AWS."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import ground_truth
from kit.run.picture_set import SAMPLES
from tests.cloud.conftest import Double
from tests.cloud.kit_process import Stop, run
from tests.cloud.short_run import settings


def journal_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "runs" / "latest" / "journal.json").read_text())
    return content


@pytest.mark.parametrize("kind", ["labeling-job", "endpoint"])
def test_a_run_ends_with_the_pictures_as_they_are_and_keeps_labels_that_fit(
    tmp_path: Path, double: Double, pictures: Path, kind: str
) -> None:
    mine = tmp_path / "pictures"
    mine.mkdir()
    for path in pictures.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    killed = run(tmp_path, double.url, "cloud", stop=Stop(kind), **settings(mine))
    assert killed.status == -signal.SIGKILL, killed.said
    first, second, *_others = sorted(mine.iterdir())
    first.unlink()
    second.write_bytes((SAMPLES / "train" / "plugs-020.jpg").read_bytes())
    (mine / "plugs-021.jpg").write_bytes((SAMPLES / "train" / "plugs-021.jpg").read_bytes())
    resumed = run(tmp_path, double.url, "cloud", **settings(mine))
    assert resumed.status == 0, resumed.said
    assert f"changed: {second.name}; new: plugs-021.jpg; gone: {first.name}" in resumed.said
    journal, run_folder = journal_of(tmp_path), tmp_path / "runs" / "latest"
    summary = json.loads((run_folder / "summary.json").read_text())
    assert (summary["images"], summary["left_behind"]) == (6, [])
    labelled = ground_truth.read(run_folder / "results" / "output.manifest").pictures
    assert {picture.file_name for picture in labelled} == {path.name for path in mine.iterdir()}
    jobs = [each for each in journal["resources"] if each["kind"] == "labeling-job"]
    assert [each["outdated"] for each in jobs] == [True, False]
    if kind == "endpoint":
        assert "Pictures whose labels are kept: 4, 0 of them scaled" in resumed.said
        assert [each["outdated"] for each in journal["resources"] if each["kind"] == "training-job"] == [True, False]
    assert all(each["deleted"] for each in journal["resources"])
    assert double.left() == []
