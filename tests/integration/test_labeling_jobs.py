"""Ground Truth's verbs over the real Label Studio and the real LocalStack: names, refusals, failures, kills."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from kit.errors import InputError, ServiceError
from kit.local_cloud.labelling.annotator import annotate
from kit.local_cloud.labelling.jobs import LabelingJobs
from tests.answers import assert_answers_as_boto3
from tests.integration.labelling_workshop import PICTURES, TRUTH, Workshop

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.integration.conftest import RunningLabelStudio


def test_two_jobs_side_by_side_have_each_their_own_pictures(workshop: Workshop) -> None:
    one, two = workshop.create("a.jpg"), workshop.create("ü.jpg", "b 2.jpg")
    list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=two), TRUTH))
    assert workshop.describe(two)["LabelingJobStatus"] == "Completed"
    assert workshop.describe(one)["LabelCounters"]["Unlabeled"] == 1


def test_a_name_is_taken_whatever_its_case(workshop: Workshop) -> None:
    name = workshop.create("a.jpg")
    with pytest.raises(ClientError) as refused:
        workshop.create(LabelingJobName=name.upper())
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_an_unknown_job_is_not_found(workshop: Workshop) -> None:
    for operation in (workshop.jobs.describe_labeling_job, workshop.jobs.stop_labeling_job):
        with pytest.raises(ClientError) as refused:
            operation(LabelingJobName="no-such-job")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_labels_survive_a_kill_of_everything_but_s3(workshop: Workshop, label_studio: RunningLabelStudio) -> None:
    name = workshop.create(*PICTURES)
    next(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), TRUTH))
    password = workshop.access.password

    label_studio.kill_and_restart()

    jobs = LabelingJobs(workshop.folder, s3=workshop.s3, label_studio=label_studio.access)
    again = replace(workshop, jobs=jobs, access=label_studio.access)
    assert again.access.password == password
    resumed = again.describe(name)
    assert (resumed["LabelingJobStatus"], resumed["LabelCounters"]["TotalLabeled"]) == ("InProgress", 1)
    progress = list(annotate(again.access, jobs.project(LabelingJobName=name), TRUTH))
    assert [each.done for each in progress] == [1, 2, 3]
    assert again.describe(name)["LabelingJobStatus"] == "Completed"
    first = json.loads(again.output_lines(name)[0])
    assert len(first[f"attribute-of-{name}"]["annotations"]) == 2

    # Ended jobs are known without Label Studio.
    without = LabelingJobs(
        workshop.folder, s3=workshop.s3, label_studio=replace(again.access, url="http://127.0.0.1:9")
    )
    assert without.describe_labeling_job(LabelingJobName=name) == again.describe(name)


def test_the_output_is_there_again_when_s3_has_forgotten_it(workshop: Workshop, s3: S3Client) -> None:
    name = workshop.create("a.jpg")
    workshop.answer(name, 0, [])
    workshop.describe(name)
    written = workshop.output_lines(name)
    for entry in s3.list_objects_v2(Bucket=workshop.bucket)["Contents"]:
        s3.delete_object(Bucket=workshop.bucket, Key=entry["Key"])

    LabelingJobs(workshop.folder, s3=s3, label_studio=workshop.access)
    assert workshop.output_lines(name) == written

    s3.delete_object(Bucket=workshop.bucket, Key=f"ground_truth/{name}/manifests/output/output.manifest")
    s3.delete_bucket(Bucket=workshop.bucket)
    jobs = LabelingJobs(workshop.folder, s3=s3, label_studio=workshop.access)
    assert jobs.describe_labeling_job(LabelingJobName=name)["LabelingJobStatus"] == "Completed"


def test_a_job_whose_creation_was_cut_short_is_labelled_all_the_same(workshop: Workshop) -> None:
    workshop.put_manifest(workshop.picture_line("a.jpg"))
    request = workshop.request()
    nowhere = replace(workshop.access, url="http://127.0.0.1:9")
    cut_short = LabelingJobs(workshop.folder, s3=workshop.s3, label_studio=nowhere)
    with pytest.raises(ServiceError, match=request["LabelingJobName"]):
        cut_short.create_labeling_job(**request)

    again = LabelingJobs(workshop.folder, s3=workshop.s3, label_studio=workshop.access)
    described = again.describe_labeling_job(LabelingJobName=request["LabelingJobName"])
    assert (described["LabelingJobStatus"], described["LabelCounters"]["Unlabeled"]) == ("InProgress", 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"source-ref": "s3://bucket/cut', "manifest.json line 2 is not JSON"),
        ('{"source-ref": "images/1.jpg"}', "manifest.json line 2 has no source-ref that is an S3 URI"),
    ],
)
def test_a_manifest_that_cannot_be_used_fails_the_job(workshop: Workshop, line: str, reason: str) -> None:
    workshop.put_manifest(workshop.picture_line("a.jpg"), line)
    name = workshop.create()
    failed = workshop.describe(name)
    assert_answers_as_boto3("DescribeLabelingJob", failed)
    assert failed["LabelingJobStatus"] == "Failed"
    assert reason in failed["FailureReason"]
    with pytest.raises(InputError, match=name):
        workshop.jobs.portal(LabelingJobName=name)


def test_a_job_without_any_picture_in_s3_fails(workshop: Workshop) -> None:
    failed = workshop.describe(workshop.create("gone.jpg", "gone too.jpg"))
    assert failed["LabelingJobStatus"] == "Failed"
    assert failed["LabelCounters"]["FailedNonRetryableError"] == 2


def test_a_job_whose_project_was_deleted_fails(workshop: Workshop) -> None:
    name = workshop.create("a.jpg")
    with workshop.access.session("test") as label_studio:
        label_studio.projects.delete(workshop.jobs.project(LabelingJobName=name))
    failed = workshop.describe(name)
    assert failed["LabelingJobStatus"] == "Failed"
    assert "deleted in Label Studio" in failed["FailureReason"]


def refused_requests() -> Iterator[Any]:
    yield pytest.param({"LabelAttributeName": "plugs-metadata"}, "-metadata", id="attribute -metadata")
    yield pytest.param({"LabelAttributeName": "plugs-ref"}, "-ref", id="attribute -ref")
    yield pytest.param({"LabelingJobName": "under_score"}, "labelingJobName", id="name")
    yield pytest.param({"LabelCategoryConfigS3Uri": "s3://{bucket}/none.json"}, "none.json", id="no categories")
    yield pytest.param({"LabelCategoryConfigS3Uri": "s3://{bucket}/template.liquid"}, "label category", id="no JSON")
    yield pytest.param({"OutputConfig": {"S3OutputPath": "s3://no-such-bucket-here/x"}}, "no-such-bucket", id="output")
    for uri, name in (
        ("s3://{bucket}/no-manifest", "manifest missing"),
        ("s3://no-such-bucket-here/m", "bucket missing"),
    ):
        source = {"DataSource": {"S3DataSource": {"ManifestS3Uri": uri}}}
        yield pytest.param({"InputConfig": source}, "ManifestS3Uri s3://", id=name)


@pytest.mark.parametrize(("changes", "problem"), [*refused_requests()])
def test_requests_that_ground_truth_refuses(workshop: Workshop, changes: dict[str, Any], problem: str) -> None:
    workshop.put_manifest(workshop.picture_line("a.jpg"))
    filled = json.loads(json.dumps(changes).replace("{bucket}", workshop.bucket))
    request = workshop.request(**filled)
    with pytest.raises(ClientError, match=re.escape(problem)) as refused:
        workshop.jobs.create_labeling_job(**request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError):
        workshop.describe(request["LabelingJobName"])


def test_the_annotator_says_which_picture_it_does_not_know(workshop: Workshop) -> None:
    name = workshop.create("a.jpg", "ü.jpg")
    with pytest.raises(InputError, match=r"images/ü\.jpg"):
        list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), {"a.jpg": TRUTH["a.jpg"]}))
    assert workshop.describe(name)["LabelCounters"]["TotalLabeled"] == 1
