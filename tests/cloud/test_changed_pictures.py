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

pytestmark = pytest.mark.timeout(1200)


def killed_at(tmp_path: Path, double: Double, pictures: Path, kind: str, fewest: int) -> Path:
    """The folder of a run that was killed when it had made a resource of that kind.

    Args:
        fewest: effects of a run up to there.
    """
    for effects in range(fewest, fewest + 20):
        folder = tmp_path / str(effects)
        folder.mkdir()
        killed = run(folder, double.url, "cloud", stop=Stop(effects), **settings(pictures))
        assert killed.status == -signal.SIGKILL, killed.said
        if kind in {resource["kind"] for resource in journal_of(folder)["resources"]}:
            return folder
        assert run(folder, double.url, "cloud-clean", **settings(pictures)).status == 0
    raise AssertionError(f"a run makes no {kind}")


def journal_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "runs" / "latest" / "journal.json").read_text())
    return content


@pytest.mark.parametrize(("kind", "fewest"), [("labeling-job", 8), ("endpoint", 13)])
def test_a_run_ends_with_the_pictures_as_they_are_and_keeps_labels_that_fit(
    tmp_path: Path, double: Double, pictures: Path, kind: str, fewest: int
) -> None:
    mine = tmp_path / "pictures"
    mine.mkdir()
    for path in pictures.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    folder = killed_at(tmp_path, double, mine, kind, fewest)
    first, second, *_others = sorted(mine.iterdir())
    first.unlink()
    second.write_bytes((SAMPLES / "train" / "plugs-020.jpg").read_bytes())
    (mine / "plugs-021.jpg").write_bytes((SAMPLES / "train" / "plugs-021.jpg").read_bytes())
    resumed = run(folder, double.url, "cloud", **settings(mine))
    assert resumed.status == 0, resumed.said
    assert f"changed: {second.name}; new: plugs-021.jpg; gone: {first.name}" in resumed.said
    journal, run_folder = journal_of(folder), folder / "runs" / "latest"
    summary = json.loads((run_folder / "summary.json").read_text())
    assert (summary["images"], summary["left_behind"]) == (6, [])
    labelled = ground_truth.read(run_folder / "results" / "output.manifest").pictures
    assert {picture.file_name for picture in labelled} == {path.name for path in mine.iterdir()}
    jobs = [each for each in journal["resources"] if each["kind"] == "labeling-job"]
    assert [each["outdated"] for each in jobs] == [True, False]
    if kind == "endpoint":
        assert "Labels of 4 pictures are kept, 0 of them scaled" in resumed.said
        assert [each["outdated"] for each in journal["resources"] if each["kind"] == "training-job"] == [True, False]
    assert all(each["deleted"] for each in journal["resources"])
    assert double.left() == []
