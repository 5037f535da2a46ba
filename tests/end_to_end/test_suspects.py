"""`kit suspects` on a run of the samples, with trainings that are as short as can be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kit.annotations.formats import ground_truth
from kit.run import suspected
from tests.end_to_end import command


@pytest.fixture(scope="module")
def looked_at(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with one duplicated box, after `kit suspects`."""
    folder = tmp_path_factory.mktemp("suspects")
    run = folder / "runs" / command.latest(rehearsal).name
    shutil.copytree(command.latest(rehearsal), run, ignore=shutil.ignore_patterns("cloud"))
    journal = json.loads((run / "journal.json").read_text())
    journal["settings"] |= {"epochs": 1, "image_size": 96}
    (run / "journal.json").write_text(json.dumps(journal))
    manifest = run / "results" / "output.manifest"
    first, *lines = manifest.read_text().splitlines()
    record = json.loads(first)
    (attribute,) = (name for name in record if name + "-metadata" in record)
    box = record[attribute]["annotations"][0]
    record[attribute]["annotations"].append({**box, "left": box["left"] + 2})
    record[attribute + "-metadata"]["objects"].append({"confidence": 0.0})
    manifest.write_text("\n".join([json.dumps(record), *lines]) + "\n")
    done = command.kit("suspects", run.name, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "output.txt").write_text(done.stdout)
    return run


def test_a_box_that_is_there_twice_is_in_the_list_on_the_terminal_and_in_the_report(looked_at: Path) -> None:
    found = suspected.read(looked_at / "suspects.json")
    assert found is not None
    assert found.labels == 90
    twice = [suspect for suspect in found.worth_a_look if suspect.reason.value == "twice"]
    assert [suspect.picture for suspect in twice] == ["plugs-001.jpg"]
    sentence = "two boxes around one object"
    assert sentence in (looked_at.parents[1] / "output.txt").read_text()
    report = (looked_at / "report.html").read_text()
    assert "Labels worth another look" in report
    assert sentence in report
    assert f"make relabel RUN={looked_at.name} SUSPECTS=1" in report


def test_the_manifest_has_the_pictures_that_are_worth_a_look_with_their_labels(looked_at: Path) -> None:
    found = suspected.read(looked_at / "suspects.json")
    assert found is not None
    pictures = list(ground_truth.read(looked_at / "suspects.manifest").pictures)
    assert tuple(picture.file_name for picture in pictures) == found.pictures
    labels = {
        each.file_name: each.boxes for each in ground_truth.read(looked_at / "results" / "output.manifest").pictures
    }
    assert {picture.file_name: picture.boxes for picture in pictures} == {name: labels[name] for name in found.pictures}


def test_a_run_without_labels_is_refused(tmp_path: Path) -> None:
    done = command.kit("suspects", "nothing", folder=tmp_path)
    assert done.returncode == 2
    assert "There is no run under" in done.stderr
