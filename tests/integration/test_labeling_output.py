"""What people drew in the real Label Studio, as Ground Truth writes it into the output manifest.

The answers of describe_labeling_job are held against botocore's service model, the manifest against the example in
AWS's documentation (https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html).
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.labelling.annotator import annotate
from tests.answers import assert_answers_as_boto3
from tests.integration.labelling_workshop import LABELS, PICTURES, TRUTH, TURNED_RIGHT, Workshop


def rectangle(label: str, x: float, y: float, width: float, height: float, rotation: float = 0) -> dict[str, Any]:
    """A box in per cent of a picture of 200 x 100 pixels, as Label Studio's page sends it."""
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": [label]}
    return {
        "id": uuid.uuid4().hex[:10],
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": 200,
        "original_height": 100,
        "image_rotation": 0,
        "value": value,
    }


def test_a_labelled_job_leaves_the_boxes_of_the_truth(workshop: Workshop) -> None:
    request = workshop.request()
    name = request["LabelingJobName"]
    workshop.put_manifest(*map(workshop.picture_line, PICTURES))
    created = workshop.jobs.create_labeling_job(**request)
    assert_answers_as_boto3("CreateLabelingJob", created)

    before = workshop.describe(name)
    assert_answers_as_boto3("DescribeLabelingJob", before)
    assert before["LabelingJobArn"] == created["LabelingJobArn"]
    assert before["LabelingJobStatus"] == "InProgress"
    assert before["LabelCounters"]["Unlabeled"] == 3
    assert {key: before[key] for key in request} == request
    assert before["CreationTime"].tzinfo is not None

    progress = list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), TRUTH))
    assert [(each.file_name, each.done, each.total) for each in progress] == [
        ("b 2.jpg", 1, 3),
        ("ü.jpg", 2, 3),
        ("a.jpg", 3, 3),
    ]

    after = workshop.describe(name)
    assert_answers_as_boto3("DescribeLabelingJob", after)
    assert after["LabelingJobStatus"] == "Completed"
    assert after["LabelCounters"] == {
        "TotalLabeled": 3,
        "HumanLabeled": 3,
        "MachineLabeled": 0,
        "FailedNonRetryableError": 0,
        "Unlabeled": 0,
    }
    manifest = f"ground_truth/{name}/manifests/output/output.manifest"
    assert after["LabelingJobOutput"]["OutputDatasetS3Uri"] == workshop.uri(manifest)

    attribute = request["LabelAttributeName"]
    records = [json.loads(line) for line in workshop.output_lines(name)]
    assert [record["source-ref"] for record in records] == [workshop.uri(f"images/{each}") for each in PICTURES]
    for record, picture in zip(records, TRUTH.values(), strict=True):
        assert set(record) == {"source-ref", attribute, f"{attribute}-metadata"}
        assert record[attribute]["image_size"] == [{"width": picture.width, "height": picture.height, "depth": 3}]
        boxes = record[attribute]["annotations"]
        for box, truth in zip(boxes, picture.boxes, strict=True):
            assert set(box) == {"class_id", "left", "top", "width", "height"}
            assert all(isinstance(value, int) for value in box.values())
            assert LABELS[box["class_id"]] == truth.label
            assert box["left"] == pytest.approx(truth.left, abs=1)
            assert box["top"] == pytest.approx(truth.top, abs=1)
            assert box["left"] + box["width"] == pytest.approx(truth.right, abs=1)
            assert box["top"] + box["height"] == pytest.approx(truth.bottom, abs=1)
        metadata = record[f"{attribute}-metadata"]
        assert metadata.pop("class-map") == {str(LABELS.index(box.label)): box.label for box in picture.boxes}
        assert datetime.fromisoformat(metadata.pop("creation-date")).tzinfo is None
        assert metadata == {
            "objects": [{"confidence": 0.0}] * len(picture.boxes),
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "job-name": f"labeling-job/{name}",
        }


def test_stopping_keeps_what_is_labelled_and_leaves_the_other_lines_as_they_were(workshop: Workshop) -> None:
    odd = '{"weight":  1.50, "source-ref":"%s", "note": "\\u00fc"}'
    lines = [odd % workshop.uri(f"images/{picture}") for picture in PICTURES]
    workshop.put_manifest(*lines)
    name = workshop.create()
    workshop.answer(name, 0, [])
    workshop.draft(name, 1, [rectangle("usb-a", 1, 1, 10, 10)])

    workshop.jobs.stop_labeling_job(LabelingJobName=name)

    stopped = workshop.describe(name)
    assert stopped["LabelingJobStatus"] == "Stopped"
    assert (stopped["LabelCounters"]["TotalLabeled"], stopped["LabelCounters"]["Unlabeled"]) == (1, 2)
    first, *others = workshop.output_lines(name)
    assert others == [line.encode() for line in lines[1:]]
    labelled = json.loads(first)
    assert (labelled["weight"], labelled["note"]) == (1.5, "ü")
    assert labelled[f"attribute-of-{name}"]["annotations"] == []

    with pytest.raises(ClientError, match="Stopped") as refused:
        workshop.jobs.stop_labeling_job(LabelingJobName=name)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_skipped_and_empty_pictures_are_told_apart(workshop: Workshop) -> None:
    workshop.put_picture("turned.jpg", (300, 200), orientation=TURNED_RIGHT)
    name = workshop.create("a.jpg", "turned.jpg")
    workshop.answer(name, 0, [], was_cancelled=True)
    in_between = workshop.describe(name)
    assert in_between["LabelingJobStatus"] == "InProgress"
    assert in_between["LabelCounters"]["FailedNonRetryableError"] == 1
    workshop.answer(name, 1, [])

    assert workshop.describe(name)["LabelingJobStatus"] == "Completed"
    skipped, empty = (json.loads(line) for line in workshop.output_lines(name))
    attribute = f"attribute-of-{name}"
    assert attribute not in skipped
    assert "skipped" in skipped[f"{attribute}-metadata"]["failure-reason"]
    assert empty[attribute]["annotations"] == []
    assert empty[f"{attribute}-metadata"]["class-map"] == {}
    # As it is shown: the stored picture is 300 x 200 and lies on its side.
    assert empty[attribute]["image_size"] == [{"width": 200, "height": 300, "depth": 3}]


def test_a_picture_that_is_skipped_and_then_labelled_is_labelled(workshop: Workshop) -> None:
    name = workshop.create("a.jpg", "ü.jpg")
    workshop.answer(name, 0, [], was_cancelled=True)
    workshop.answer(name, 0, [])
    assert workshop.describe(name)["LabelingJobStatus"] == "InProgress"
    workshop.answer(name, 1, [])
    done = workshop.describe(name)
    assert (done["LabelingJobStatus"], done["LabelCounters"]["TotalLabeled"]) == ("Completed", 2)


def test_a_rotated_box_becomes_the_upright_one_around_it(workshop: Workshop) -> None:
    workshop.put_picture("wide.jpg", (200, 100))
    name = workshop.create("wide.jpg")
    # Corner (100, 50), 40 wide and 20 high, turned a quarter clockwise about that corner: it reaches 40 down, 20 left.
    workshop.answer(name, 0, [rectangle("usb-a", 50, 50, 20, 20, rotation=90)])

    assert workshop.describe(name)["LabelingJobStatus"] == "Completed"
    (line,) = workshop.output_lines(name)
    assert json.loads(line)[f"attribute-of-{name}"]["annotations"] == [
        {"class_id": 0, "left": 80, "top": 50, "width": 20, "height": 40}
    ]


def test_an_answer_with_a_label_of_no_class_fails_that_picture_only(workshop: Workshop) -> None:
    name = workshop.create("a.jpg", "ü.jpg")
    workshop.answer(name, 0, [rectangle("hdmi", 1, 1, 10, 10)])
    workshop.answer(name, 1, [])
    done = workshop.describe(name)
    assert done["LabelingJobStatus"] == "Completed"
    assert (done["LabelCounters"]["TotalLabeled"], done["LabelCounters"]["FailedNonRetryableError"]) == (1, 1)
    assert "hdmi" in json.loads(workshop.output_lines(name)[0])[f"attribute-of-{name}-metadata"]["failure-reason"]


def test_a_picture_that_is_not_in_s3_is_a_failed_line(workshop: Workshop) -> None:
    name = workshop.create("gone.jpg", "a.jpg")
    list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), TRUTH))
    done = workshop.describe(name)
    assert done["LabelingJobStatus"] == "Completed"
    assert done["LabelCounters"]["FailedNonRetryableError"] == 1
    gone, _ = (json.loads(line) for line in workshop.output_lines(name))
    assert "does not exist" in gone[f"attribute-of-{name}-metadata"]["failure-reason"]
