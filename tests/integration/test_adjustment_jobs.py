"""Ground Truth's adjustment jobs over the real Label Studio: whoever labels begins with the boxes of the manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.annotations.model import AnnotatedPicture
from kit.local_cloud.labelling.annotator import annotate
from tests.integration.labelling_workshop import TRUTH, Workshop

ADJUSTMENT = "arn:aws:lambda:us-east-1:432418664414:function:{}-AdjustmentBoundingBox"
# As AWS's documentation of crowd-bounding-box has it.
INITIAL_VALUE = """[
  {% for box in task.input.manifestLine.model-1.annotations %}
    {% capture class_id %}{{ box.class_id }}{% endcapture %}
    {% assign label = task.input.manifestLine.model-1-metadata.class-map[class_id] %}
    { label: {{label | to_json}}, left: {{box.left}}, top: {{box.top}}, width: {{box.width}}, height: {{box.height}} },
  {% endfor %}
]"""
TRUE_OF_B2 = [
    {"class_id": 2, "left": 12, "top": 31, "width": 88, "height": 59},
    {"class_id": 0, "left": 500, "top": 400, "width": 140, "height": 80},
]
CLASSES = {"0": "usb-a", "1": "usb-c & <cable>", "2": "ライトニング"}


def line(workshop: Workshop, name: str, boxes: list[dict[str, int]], classes: dict[str, str] = CLASSES) -> str:
    picture = TRUTH[name]
    size = {"width": picture.width, "height": picture.height, "depth": 3}
    metadata = {
        "objects": [{"confidence": 0.9}] * len(boxes),
        "class-map": {str(box["class_id"]): classes[str(box["class_id"])] for box in boxes},
        "type": "groundtruth/object-detection",
        "human-annotated": "no",
        "creation-date": "2026-01-02T03:04:05.000000",
        "job-name": "labeling-job/model-1",
    }
    boxed = {"image_size": [size], "annotations": boxes}
    return json.dumps(
        {"source-ref": workshop.uri(f"images/{name}"), "model-1": boxed, "model-1-metadata": metadata},
        ensure_ascii=False,
    )


def adjustment(workshop: Workshop, *, initial_value: str = INITIAL_VALUE, **changes: Any) -> dict[str, Any]:
    key = "adjustment.liquid"
    template = f"<crowd-form><crowd-bounding-box name='boundingBox' initial-value=\"{initial_value}\" labels='x'>"
    workshop.s3.put_object(Bucket=workshop.bucket, Key=key, Body=template.encode())
    request = workshop.request(**changes)
    task = request["HumanTaskConfig"]
    task["UiConfig"] = {"UiTemplateS3Uri": workshop.uri(key)}
    task["PreHumanTaskLambdaArn"] = ADJUSTMENT.format("PRE")
    task["AnnotationConsolidationConfig"] = {"AnnotationConsolidationLambdaArn": ADJUSTMENT.format("ACS")}
    return request


def worked(workshop: Workshop, request: dict[str, Any], truth: dict[str, AnnotatedPicture]) -> list[dict[str, Any]]:
    """Creates the job, lets a program work on it, and returns the lines of its output."""
    name = request["LabelingJobName"]
    workshop.jobs.create_labeling_job(**request)
    list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), truth))
    assert workshop.describe(name)["LabelingJobStatus"] == "Completed"
    return [json.loads(each) for each in workshop.output_lines(name)]


def test_what_is_right_stays_and_the_rest_is_corrected(workshop: Workshop) -> None:
    """A box a pixel beside the truth is left as it was; a wrong one goes, a missing one comes."""
    good = [dict(TRUE_OF_B2[0], left=13), TRUE_OF_B2[1]]
    wrong = [{"class_id": 0, "left": 100, "top": 100, "width": 20, "height": 20}]
    workshop.put_manifest(line(workshop, "b 2.jpg", good), line(workshop, "ü.jpg", wrong), line(workshop, "a.jpg", []))
    request = adjustment(workshop)
    attribute = request["LabelAttributeName"]
    b2, ue, a = worked(workshop, request, TRUTH)
    assert b2[attribute]["annotations"] == good
    assert [each["class_id"] for each in ue[attribute]["annotations"]] == [1]
    assert a[attribute]["annotations"] == []
    said = [each[f"{attribute}-metadata"]["adjustment-status"] for each in (b2, ue, a)]
    assert said == ["unadjusted", "adjusted", "unadjusted"]
    assert b2[f"{attribute}-metadata"]["type"] == "groundtruth/object-detection"
    assert b2[f"{attribute}-metadata"]["human-annotated"] == "yes"
    # The old labels stay beside the new ones.
    assert (ue["model-1"]["annotations"], ue["model-1-metadata"]["human-annotated"]) == (wrong, "no")


def test_pictures_without_boxes_to_adjust_fail_and_the_others_are_labelled(workshop: Workshop) -> None:
    unknown = [{"class_id": 7, "left": 1, "top": 1, "width": 20, "height": 20}]
    workshop.put_manifest(
        workshop.picture_line("ü.jpg"),
        line(workshop, "b 2.jpg", TRUE_OF_B2),
        line(workshop, "a.jpg", unknown, {"7": "a cat"}),
    )
    request = adjustment(workshop)
    attribute = request["LabelAttributeName"]
    ue, b2, a = worked(workshop, request, TRUTH)
    assert "no labels of model-1" in ue[f"{attribute}-metadata"]["failure-reason"]
    assert "a cat" in a[f"{attribute}-metadata"]["failure-reason"]
    assert b2[f"{attribute}-metadata"]["adjustment-status"] == "unadjusted"
    assert workshop.describe(request["LabelingJobName"])["LabelCounters"]["FailedNonRetryableError"] == 2


def test_a_manifest_without_any_boxes_to_adjust_fails_the_job(workshop: Workshop) -> None:
    workshop.put_manifest(workshop.picture_line("a.jpg"))
    request = adjustment(workshop)
    workshop.jobs.create_labeling_job(**request)
    job = workshop.describe(request["LabelingJobName"])
    assert job["LabelingJobStatus"] == "Failed"
    assert "can be adjusted: The picture has no labels of model-1" in job["FailureReason"]


def refused(workshop: Workshop, request: dict[str, Any]) -> str:
    workshop.put_manifest(line(workshop, "a.jpg", []))
    with pytest.raises(ClientError) as error:
        workshop.jobs.create_labeling_job(**request)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return error.value.response["Error"]["Message"]


def test_a_template_that_shows_no_old_boxes_is_refused(workshop: Workshop) -> None:
    assert "initial-value" in refused(workshop, adjustment(workshop, initial_value="[]"))


def test_the_labels_to_adjust_cannot_be_written_over(workshop: Workshop) -> None:
    assert "another one" in refused(workshop, adjustment(workshop, LabelAttributeName="model-1"))


def test_the_functions_have_to_be_of_one_task_type(workshop: Workshop) -> None:
    request = adjustment(workshop)
    request["HumanTaskConfig"]["PreHumanTaskLambdaArn"] = ADJUSTMENT.format("PRE").replace("Adjustment", "")
    assert "one task type" in refused(workshop, request)
