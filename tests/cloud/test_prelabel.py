"""PRELABEL: Ground Truth's workers begin from boxes, in an adjustment job, and what they leave are the run's labels."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.run.journal import Journal
from kit.run.picture_set import SAMPLES
from tests.cloud.conftest import PICTURES, Double
from tests.cloud.kit_process import Stop, run
from tests.cloud.short_run import LABELS, settings
from tests.cloud.test_faults import refused
from tests.end_to_end import command

CLASSES = tuple(LABELS.split(","))


def truth_of(pictures: Path) -> list[AnnotatedPicture]:
    names = {path.name for path in pictures.iterdir()}
    found = [each for each in coco.read(SAMPLES / "train.coco.json").pictures if each.file_name in names]
    return sorted(found, key=lambda each: each.file_name)


def moved(picture: AnnotatedPicture, pixels: int) -> AnnotatedPicture:
    """Boxes in whole pixels, so much to the right of where they belong."""
    boxes = [
        BoundingBox(box.label, round(box.left) + pixels, round(box.top), round(box.right) + pixels, round(box.bottom))
        for box in picture.boxes
    ]
    return replace(picture, boxes=tuple(boxes))


def written(file: Path, *pictures: AnnotatedPicture, classes: tuple[str, ...] = CLASSES) -> str:
    coco.write(file, AnnotationStream(classes, iter(pictures)))
    return str(file)


def lines_of(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """By the picture's name, in the order of the file."""
    text = (command.latest(folder) / "results" / name).read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    return {record["source-ref"].rpartition("/")[2]: record for record in records}


def labels_of(record: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Annotations and metadata of the only label attribute on a line."""
    (attribute,) = (key for key in record if not key.endswith("-metadata") and key != "source-ref")
    return record[attribute]["annotations"], record[f"{attribute}-metadata"]


def job_of(double: Double, before: int) -> dict[str, Any]:
    (call,) = (call for call in double.calls()[before:] if call["operation"] == "CreateLabelingJob")
    request: dict[str, Any] = call["request"]
    return request


def test_workers_begin_from_the_boxes_of_a_file_and_leave_what_is_right(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    """Boxes two pixels off are left as they are, those that are far off are corrected, and the others
    are drawn; one of the pictures shows nothing."""
    near, far, *others = truth_of(pictures)
    proposed = written(tmp_path / "boxes.json", moved(near, 2), moved(far, 300))
    before = len(double.calls())
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, prelabel=proposed))
    assert ended.status == 0, ended.said
    assert "left as they are: 2; corrected: 4." in ended.said

    task = job_of(double, before)["HumanTaskConfig"]
    assert task["PreHumanTaskLambdaArn"].endswith(":432418664414:function:PRE-AdjustmentBoundingBox")
    consolidation = task["AnnotationConsolidationConfig"]["AnnotationConsolidationLambdaArn"]
    assert consolidation.endswith(":432418664414:function:ACS-AdjustmentBoundingBox")

    labels = lines_of(tmp_path, "output.manifest")
    assert len(labels) == PICTURES
    kept, metadata = labels_of(labels[near.file_name])
    assert metadata["adjustment-status"] == "unadjusted"
    assert [box["left"] for box in kept] == [round(box.left) + 2 for box in near.boxes]
    corrected, metadata = labels_of(labels[far.file_name])
    assert metadata["adjustment-status"] == "adjusted"
    assert [box["left"] for box in corrected] == [round(box.left) for box in far.boxes]
    drawn, _ = labels_of(labels[others[0].file_name])
    assert len(drawn) == len(others[0].boxes)

    # Those that have boxes come first, and what was proposed stays to be looked at.
    asked = lines_of(tmp_path, "proposals.manifest")
    assert list(asked)[:2] == [near.file_name, far.file_name]
    assert len(asked) == PICTURES
    summary = command.summary(tmp_path)
    assert (summary["labelled"], summary["left_behind"]) == (PICTURES, [])
    assert double.left() == []


def test_workers_begin_from_what_the_model_of_a_run_finds(
    tmp_path: Path, double: Double, pictures: Path, rehearsal: Path
) -> None:
    before = len(double.calls())
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, prelabel=str(command.latest(rehearsal))))
    assert ended.status == 0, ended.said
    assert job_of(double, before)["HumanTaskConfig"]["PreHumanTaskLambdaArn"].endswith("PRE-AdjustmentBoundingBox")
    proposals = [labels_of(record) for record in lines_of(tmp_path, "proposals.manifest").values()]
    assert len(proposals) == PICTURES
    assert {metadata["human-annotated"] for _, metadata in proposals} == {"no"}
    scores = [each["confidence"] for _, metadata in proposals for each in metadata["objects"]]
    assert all(0 < score <= 1 for score in scores)
    assert f"  {len(scores)} boxes are proposed on {PICTURES} pictures" in ended.said
    assert command.summary(tmp_path)["labelled"] == PICTURES
    assert double.left() == []


def test_labels_worth_another_look_are_looked_at_and_the_others_hold(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    """With the manifest of `make suspects` beside the labels it is of, workers are asked about those pictures alone."""
    spoiled, *right = truth_of(pictures)
    spoiled = moved(spoiled, 300)
    everything = written(tmp_path / "labels.json", spoiled, *right)
    suspects = tmp_path / "suspects.manifest"
    in_bucket = [replace(each, source=f"s3://gone/images/{each.file_name}") for each in (right[1], spoiled)]
    ground_truth.write(suspects, AnnotationStream(CLASSES, iter(in_bucket)))
    chosen = settings(pictures, annotations=everything, prelabel=str(suspects))
    ended = run(tmp_path, double.url, "cloud", **chosen)
    assert ended.status == 0, ended.said
    assert "left as they are: 1; corrected: 1." in ended.said
    assert list(lines_of(tmp_path, "proposals.manifest")) == [right[1].file_name, spoiled.file_name]
    labels = lines_of(tmp_path, "output.manifest")
    assert len(labels) == PICTURES
    truth = {each.file_name: each for each in truth_of(pictures)}
    for name, record in labels.items():
        assert [round(box["left"]) for box in labels_of(record)[0]] == [round(box.left) for box in truth[name].boxes]
    # Two of the pictures were labelled on AWS.
    assert command.summary(tmp_path)["spent_usd"] < 3 * 0.08 + 1
    assert "0.16" in ended.said
    assert double.left() == []


def test_killed_when_the_job_is_there_the_same_command_goes_on_with_it(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    """Also when the file is gone by then: what is proposed is the run's."""
    near, *_ = truth_of(pictures)
    file = tmp_path / "boxes.json"
    chosen = settings(pictures, prelabel=written(file, moved(near, 2)))
    before = len(double.calls())
    killed = run(tmp_path, double.url, "cloud", stop=Stop("labeling-job"), **chosen)
    assert killed.status == -signal.SIGKILL, killed.said
    file.unlink()
    ended = run(tmp_path, double.url, "cloud", **chosen)
    assert ended.status == 0, ended.said
    job_of(double, before)
    assert labels_of(lines_of(tmp_path, "output.manifest")[near.file_name])[1]["adjustment-status"] == "unadjusted"
    assert double.left() == []


@pytest.mark.parametrize("kind", ["labeling-job", "endpoint"])
def test_a_picture_that_comes_meanwhile_is_asked_about_and_answers_are_kept(
    tmp_path: Path, double: Double, pictures: Path, kind: str
) -> None:
    """What workers began from in the job that is stopped for it is nobody's label."""
    mine = tmp_path / "pictures"
    shutil.copytree(pictures, mine)
    near, far, *_ = truth_of(pictures)
    chosen = settings(mine, prelabel=written(tmp_path / "boxes.json", moved(near, 2), moved(far, 30)))
    killed = run(tmp_path, double.url, "cloud", stop=Stop(kind), **chosen)
    assert killed.status == -signal.SIGKILL, killed.said
    shutil.copy(SAMPLES / "train" / "plugs-021.jpg", mine)
    ended = run(tmp_path, double.url, "cloud", **chosen)
    assert ended.status == 0, ended.said
    labels = {name: labels_of(record)[0] for name, record in lines_of(tmp_path, "output.manifest").items()}
    assert len(labels) == PICTURES + 1
    assert labels["plugs-021.jpg"]
    assert [box["left"] for box in labels[near.file_name]] == [round(box.left) + 2 for box in near.boxes]
    assert [box["left"] for box in labels[far.file_name]] == [round(box.left) for box in far.boxes]
    if kind == "endpoint":
        assert "left as they are: 0; corrected: 1." in ended.said
    assert double.left() == []


def test_proposals_that_nobody_looked_at_are_no_labels(tmp_path: Path, double: Double, pictures: Path) -> None:
    """The job is stopped before its workers begin."""
    near, *_ = truth_of(pictures)
    chosen = settings(pictures, prelabel=written(tmp_path / "boxes.json", moved(near, 2)))
    double.fails(operation="CreateLabelingJob", then="StopLabelingJob", times=1)
    stopped = run(tmp_path, double.url, "cloud", **chosen)
    assert stopped.status == 2, stopped.said
    assert "Nobody drew a box" in stopped.said
    ended = run(tmp_path, double.url, "cloud", **chosen)
    assert ended.status == 0, ended.said
    assert len(labels_of(lines_of(tmp_path, "output.manifest")[near.file_name])[0]) == len(near.boxes)
    assert double.left() == []


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"prelabel": "20261122-120000-locl"}, "did you mean 20261122-120000-local?"),
        ({"prelabel": "no-such.manifest"}, "no-such.manifest is no file or folder"),
        ({"prelabel": "20261122-120000-local"}, "is not finished and has no model yet"),
        ({"prelabel": "20261122-120000-local", "labeler": "label-studio"}, "ASSIST=<run>"),
    ],
)
def test_what_names_no_boxes_is_refused_before_anything_is_made(
    tmp_path: Path, double: Double, pictures: Path, chosen: dict[str, str], said: str
) -> None:
    Journal(tmp_path / "runs" / "20261122-120000-local" / "journal.json", "20261122-120000-local", "local", {}).save()
    refused(run(tmp_path, double.url, "cloud", **settings(pictures, **chosen)), 2, said)
    assert double.left() == []


def test_boxes_of_other_classes_or_pictures_are_refused_by_their_names(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    near, *_ = truth_of(pictures)
    cat = replace(near, boxes=(BoundingBox("cat", 10, 10, 50, 50),))
    other = written(tmp_path / "cat.json", cat, classes=("cat",))
    refused(run(tmp_path, double.url, "cloud", **settings(pictures, prelabel=other)), 2, '"cat" is not in LABELS')
    elsewhere = written(tmp_path / "elsewhere.json", replace(near, source="elsewhere.jpg"))
    refused(run(tmp_path, double.url, "cloud", **settings(pictures, prelabel=elsewhere)), 2, "elsewhere.jpg")
    nothing = written(tmp_path / "nothing.json", replace(near, boxes=()))
    refused(run(tmp_path, double.url, "cloud", **settings(pictures, prelabel=nothing)), 2, "has no box on any")
    assert double.left() == []
