"""Labelling that begins from labels, over the real Label Studio: shown, corrected, added to, none of them lost."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kit.annotations.formats.ground_truth import output_line
from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.local_cloud.labelling.jobs import LabelingJobs
from kit.local_cloud.labelling.label_studio_projects import labelled_pictures
from kit.local_cloud.labelling.proposals import propose
from tests.integration.labelling_workshop import LABELS, PICTURES, TRUTH, Workshop

if TYPE_CHECKING:
    from tests.integration.conftest import RunningLabelStudio

ATTRIBUTE = "plugs"


def create(workshop: Workshop, *labelled: str) -> str:
    """A job over all pictures, of which some have the labels of `TRUTH` already."""
    lines = []
    for name in PICTURES:
        line = workshop.picture_line(name)
        if name in labelled:
            truth = TRUTH[name]
            picture = AnnotatedPicture(workshop.uri(f"images/{name}"), truth.width, truth.height, truth.boxes)
            line = output_line(picture, LABELS, attribute=ATTRIBUTE, created=datetime(2026, 1, 2)).decode().strip()
        lines.append(line)
    workshop.put_manifest(*lines)
    return workshop.create(LabelAttributeName=ATTRIBUTE)


def rectangle(label: str) -> dict[str, Any]:
    """A box of half the picture each way, as a person draws it on 640 x 480 pixels."""
    value = {"x": 25, "y": 25, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": [label]}
    names = {"type": "rectanglelabels", "from_name": "label", "to_name": "image"}
    return {**names, "original_width": 640, "original_height": 480, "value": value}


def correct(workshop: Workshop, job: str, picture: int, *result: dict[str, Any]) -> None:
    """Changes the one answer that a picture has, as the button Update of the page does."""
    with workshop.access.session("test") as label_studio:
        tasks: list[Any] = list(label_studio.tasks.list(project=workshop.jobs.project(LabelingJobName=job)))
        (annotation,) = label_studio.annotations.list(id=tasks[picture].id)
        label_studio.annotations.update(id=annotation.id, result=list(result))


def answers(workshop: Workshop, job: str) -> dict[str, list[dict[str, int]]]:
    """The boxes of the output by file name; pictures without a label are left out."""
    lines = [json.loads(line) for line in workshop.output_lines(job)]
    return {
        line["source-ref"].rpartition("/")[2]: line[ATTRIBUTE]["annotations"] for line in lines if ATTRIBUTE in line
    }


def test_labels_that_exist_are_shown_and_the_rest_is_to_do(workshop: Workshop) -> None:
    job = create(workshop, "b 2.jpg", "a.jpg")
    counters = workshop.describe(job)["LabelCounters"]
    assert (counters["TotalLabeled"], counters["Unlabeled"]) == (2, 1)
    shown = labelled_pictures(workshop.access, workshop.jobs.project(LabelingJobName=job))
    assert {picture.file_name: picture.state for picture in shown.values()} == {
        "b 2.jpg": LabelState.LABELLED,
        "ü.jpg": LabelState.UNLABELLED,
        "a.jpg": LabelState.LABELLED,
    }
    portal = workshop.jobs.portal(LabelingJobName=job)
    assert portal.url.endswith("%2Fdata"), "the list, where labels are corrected"
    assert "To correct a label, click on its line" in portal.remark


def test_untouched_labels_come_out_as_they_went_in_and_corrected_ones_corrected(workshop: Workshop) -> None:
    job = create(workshop, "b 2.jpg", "a.jpg")
    before = {name: json.loads(line)[ATTRIBUTE] for name, line in _lines_by_name(workshop).items() if name != "ü.jpg"}
    correct(workshop, job, 2, rectangle("usb-a"))
    workshop.answer(job, 1, [])
    ended = workshop.describe(job)
    assert (ended["LabelingJobStatus"], ended["LabelCounters"]["TotalLabeled"]) == ("Completed", 3)
    after = answers(workshop, job)
    assert after["b 2.jpg"] == before["b 2.jpg"]["annotations"], "to a part of a pixel"
    assert after["b 2.jpg"][0]["left"] == 12.4
    assert after["ü.jpg"] == []
    assert [box["class_id"] for box in after["a.jpg"]] == [0]


def test_a_job_that_began_with_all_labels_waits_until_it_is_stopped(workshop: Workshop) -> None:
    job = create(workshop, *PICTURES)
    assert workshop.describe(job)["LabelingJobStatus"] == "InProgress"
    correct(workshop, job, 2, rectangle("usb-a"))
    assert workshop.describe(job)["LabelingJobStatus"] == "InProgress"
    workshop.jobs.stop_labeling_job(LabelingJobName=job)
    assert workshop.describe(job)["LabelingJobStatus"] == "Stopped"
    assert {name: len(boxes) for name, boxes in answers(workshop, job).items()} == {
        "b 2.jpg": 2,
        "ü.jpg": 1,
        "a.jpg": 1,
    }


def test_labels_and_corrections_survive_a_kill_of_the_server(
    workshop: Workshop, label_studio: RunningLabelStudio
) -> None:
    job = create(workshop, "b 2.jpg")
    correct(workshop, job, 0, rectangle("usb-a"), rectangle("usb-a"), rectangle("usb-a"))
    workshop.answer(job, 1, [rectangle("usb-a")])
    label_studio.kill_and_restart()
    jobs = LabelingJobs(workshop.folder, s3=workshop.s3, label_studio=label_studio.access)
    assert jobs.describe_labeling_job(LabelingJobName=job)["LabelCounters"]["TotalLabeled"] == 2
    jobs.stop_labeling_job(LabelingJobName=job)
    jobs.describe_labeling_job(LabelingJobName=job)
    assert {name: len(boxes) for name, boxes in answers(workshop, job).items()} == {"b 2.jpg": 3, "ü.jpg": 1}


def test_a_label_of_no_class_of_the_job_fails_it(workshop: Workshop) -> None:
    picture = AnnotatedPicture(workshop.uri("images/a.jpg"), 97, 211, (BoundingBox("hdmi", 1, 1, 9, 9),))
    line = output_line(picture, ["hdmi"], attribute=ATTRIBUTE, created=datetime(2026, 1, 2)).decode().strip()
    workshop.put_manifest(line)
    failed = workshop.describe(workshop.create(LabelAttributeName=ATTRIBUTE))
    assert failed["LabelingJobStatus"] == "Failed"
    assert "line 1: labels that are not of this job: hdmi" in failed["FailureReason"]


def test_proposals_are_shown_and_are_nobodys_answer(workshop: Workshop) -> None:
    job = create(workshop, "b 2.jpg")
    project = workshop.jobs.project(LabelingJobName=job)
    proposals = {workshop.uri(f"images/{name}"): TRUTH[name] for name in PICTURES}
    assert propose(workshop.access, project, proposals, "first") == 2, "a labelled picture gets none"
    assert propose(workshop.access, project, proposals, "first") == 0
    with workshop.access.session("test") as label_studio:
        opened = label_studio.projects.get(project)
        assert (opened.model_version, opened.show_collab_predictions) == ("first", True)
        (shown,) = (each for each in label_studio.predictions.list(project=project) if each.result)
    assert shown.result[0]["value"]["rectanglelabels"] == ["usb-c & <cable>"]
    assert workshop.describe(job)["LabelCounters"]["TotalLabeled"] == 1
    workshop.answer(job, 2, [])
    assert propose(workshop.access, project, proposals, "second") == 1
    workshop.jobs.stop_labeling_job(LabelingJobName=job)
    workshop.describe(job)
    assert answers(workshop, job).keys() == {"b 2.jpg", "a.jpg"}


def _lines_by_name(workshop: Workshop) -> dict[str, bytes]:
    body = workshop.s3.get_object(Bucket=workshop.bucket, Key="manifest.json")["Body"].read()
    return {json.loads(line)["source-ref"].rpartition("/")[2]: line for line in body.splitlines()}
