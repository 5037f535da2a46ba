"""Ground Truth's verbs, carried out by the real Label Studio over the real LocalStack.

The answers of describe_labeling_job are held against botocore's service model, the manifest against the example in
AWS's documentation (https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html).
"""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import stat
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from PIL import Image

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.errors import InputError, ServiceError
from kit.local_cloud import environments
from kit.local_cloud.annotator import annotate
from kit.local_cloud.label_studio import LabelStudioAccess
from kit.local_cloud.label_studio_database import PREPARED_DATABASE
from kit.local_cloud.labeling_jobs import LabelingJobs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.integration.conftest import RunningLabelStudio

LABELS = ("usb-a", "usb-c & <cable>", "ライトニング")
TEMPLATE = (
    '<crowd-form><crowd-bounding-box name="boundingBox"><full-instructions><p>Draw tight boxes.</p></full-instructions>'
    "<short-instructions>A box for each plug.</short-instructions></crowd-bounding-box></crowd-form>"
)
EXIF_ORIENTATION, TURNED_RIGHT = 0x0112, 6


@dataclass(frozen=True)
class Workshop:
    """What the tests of a job need: a bucket of its own with manifest, labels and template, and the verbs."""

    jobs: LabelingJobs
    s3: S3Client
    bucket: str
    access: LabelStudioAccess
    folder: Path

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put_picture(self, name: str, size: tuple[int, int], orientation: int = 1) -> None:
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        data = io.BytesIO()
        Image.new("RGB", size, (90, 120, 150)).save(data, "JPEG", exif=exif)
        self.s3.put_object(Bucket=self.bucket, Key=f"images/{name}", Body=data.getvalue())

    def put_manifest(self, *lines: str) -> None:
        self.s3.put_object(
            Bucket=self.bucket, Key="manifest.json", Body="".join(f"{line}\n" for line in lines).encode()
        )

    def picture_line(self, name: str) -> str:
        return json.dumps({"source-ref": self.uri(f"images/{name}")})

    def request(self, **changes: Any) -> dict[str, Any]:
        function = "arn:aws:lambda:us-east-1:432418664414:function"
        name = f"plugs-{uuid.uuid4().hex[:8]}"
        return {
            "LabelingJobName": name,
            "LabelAttributeName": f"attribute-of-{name}",
            "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": self.uri("manifest.json")}}},
            "OutputConfig": {"S3OutputPath": self.uri("ground_truth/")},
            "RoleArn": "arn:aws:iam::000000000000:role/workshop",
            "LabelCategoryConfigS3Uri": self.uri("labels.json"),
            "HumanTaskConfig": {
                "WorkteamArn": "arn:aws:sagemaker:us-east-1:000000000000:workteam/private-crowd/me",
                "UiConfig": {"UiTemplateS3Uri": self.uri("template.liquid")},
                "PreHumanTaskLambdaArn": f"{function}:PRE-BoundingBox",
                "TaskTitle": "Plugs",
                "TaskDescription": "Find the plugs.",
                "NumberOfHumanWorkersPerDataObject": 1,
                "TaskTimeLimitInSeconds": 600,
                "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{function}:ACS-BoundingBox"},
            },
        } | changes

    def create(self, *pictures: str, **changes: Any) -> str:
        if pictures:
            self.put_manifest(*map(self.picture_line, pictures))
        request = self.request(**changes)
        self.jobs.create_labeling_job(**request)
        return str(request["LabelingJobName"])

    def describe(self, name: str) -> dict[str, Any]:
        return self.jobs.describe_labeling_job(LabelingJobName=name)

    def output_lines(self, name: str) -> list[bytes]:
        key = f"ground_truth/{name}/manifests/output/output.manifest"
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        assert body.endswith(b"\n")
        return body.splitlines()

    def answer(self, name: str, picture: int, result: list[dict[str, Any]], **more: Any) -> None:
        """Submits one annotation for the picture at this place of the manifest, as the page of a worker does."""
        self._post(f"tasks/{self._task(name, picture)}/annotations/", {"result": result, **more})

    def draft(self, name: str, picture: int, result: list[dict[str, Any]]) -> None:
        self._post(f"tasks/{self._task(name, picture)}/drafts", {"result": result})

    def _task(self, name: str, picture: int) -> int:
        with self.access.session("test") as label_studio:
            tasks: list[Any] = list(label_studio.tasks.list(project=self.jobs.project(LabelingJobName=name)))
        return int(tasks[picture].id)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Token {self.access.token}"}
        httpx.post(f"{self.access.url}/api/{path}", json=body, headers=headers, trust_env=False).raise_for_status()


@pytest.fixture
def workshop(bucket: str, s3: S3Client, label_studio: RunningLabelStudio, tmp_path: Path) -> Workshop:
    folder = tmp_path / "labeling-jobs"
    jobs = LabelingJobs(folder, s3=s3, label_studio=label_studio.access)
    made = Workshop(jobs, s3, bucket, label_studio.access, folder)
    labels = {"labels": [{"label": label} for label in LABELS]}
    s3.put_object(Bucket=bucket, Key="labels.json", Body=json.dumps(labels).encode())
    s3.put_object(Bucket=bucket, Key="template.liquid", Body=TEMPLATE.encode())
    for name, size in (("b 2.jpg", (640, 480)), ("ü.jpg", (301, 200)), ("a.jpg", (97, 211))):
        made.put_picture(name, size)
    return made


PICTURES = ("b 2.jpg", "ü.jpg", "a.jpg")
TRUTH = {
    "b 2.jpg": AnnotatedPicture(
        "b 2.jpg",
        640,
        480,
        (
            BoundingBox("ライトニング", 12.4, 30.6, 100.2, 90),
            BoundingBox("usb-a", 500, 400, 640, 480),
        ),
    ),
    "ü.jpg": AnnotatedPicture("ü.jpg", 301, 200, (BoundingBox("usb-c & <cable>", 7, 11, 208.5, 13.5),)),
    "a.jpg": AnnotatedPicture("a.jpg", 97, 211),
}


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


def assert_fits_the_model_of(operation: str, answer: Mapping[str, Any]) -> None:
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    assert set(answer) <= set(shape.members)  # type: ignore[attr-defined]
    assert set(shape.required_members) <= set(answer)  # type: ignore[attr-defined]


def test_a_labelled_job_leaves_the_boxes_of_the_truth(workshop: Workshop) -> None:
    request = workshop.request()
    name = request["LabelingJobName"]
    workshop.put_manifest(*map(workshop.picture_line, PICTURES))
    created = workshop.jobs.create_labeling_job(**request)
    assert_fits_the_model_of("CreateLabelingJob", created)

    before = workshop.describe(name)
    assert_fits_the_model_of("DescribeLabelingJob", before)
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
    assert_fits_the_model_of("DescribeLabelingJob", after)
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


def test_a_picture_that_is_not_in_s3_is_a_failed_line(workshop: Workshop) -> None:
    name = workshop.create("gone.jpg", "a.jpg")
    list(annotate(workshop.access, workshop.jobs.project(LabelingJobName=name), TRUTH))
    done = workshop.describe(name)
    assert done["LabelingJobStatus"] == "Completed"
    assert done["LabelCounters"]["FailedNonRetryableError"] == 1
    gone, _ = (json.loads(line) for line in workshop.output_lines(name))
    assert "does not exist" in gone[f"attribute-of-{name}-metadata"]["failure-reason"]


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
    assert_fits_the_model_of("DescribeLabelingJob", failed)
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


def submit_login_form(browser: httpx.Client, url: str, to: str, **fields: str) -> httpx.Response:
    """Fills in the login page at `url` as a browser does, and sends it `to` an address."""
    page = browser.get(url).raise_for_status()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    return browser.post(to, data={"csrfmiddlewaretoken": token[1], **fields}, headers={"Referer": url})


def test_the_portal_leads_a_person_to_the_pictures(workshop: Workshop) -> None:
    name = workshop.create("a.jpg")
    portal = workshop.jobs.portal(LabelingJobName=name)
    assert portal.user is not None
    assert portal.password is not None
    with httpx.Client(trust_env=False) as browser:
        answer = submit_login_form(browser, portal.url, portal.url, email=portal.user, password=portal.password)
        project = workshop.jobs.project(LabelingJobName=name)
        assert answer.headers["Location"] == f"/projects/{project}/data?labeling=1"
        browser.get(f"{workshop.access.url}{answer.headers['Location']}").raise_for_status()
        shown = browser.get(f"{workshop.access.url}/api/projects/{project}").raise_for_status().json()
        assert "A box for each plug." in shown["label_config"]
        assert shown["expert_instruction"] == "<p>Find the plugs.</p><p>Draw tight boxes.</p>"

        # The bytes come through Label Studio, so that the browser need not reach S3.
        task = browser.get(f"{workshop.access.url}/api/projects/{project}/next").raise_for_status().json()
        picture = browser.get(f"{workshop.access.url}{task['data']['image']}").raise_for_status()
        stored = workshop.s3.get_object(Bucket=workshop.bucket, Key="images/a.jpg")["Body"].read()
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert picture.content == stored

    anonymous = httpx.get(f"{workshop.access.url}{task['data']['image']}", trust_env=False)
    assert anonymous.status_code == 401


def test_only_pictures_of_the_job_s_buckets_are_served(workshop: Workshop, s3: S3Client) -> None:
    private = f"private-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=private)
    s3.put_object(Bucket=private, Key="secret.jpg", Body=b"secret")
    name = workshop.create("a.jpg")
    project = workshop.jobs.project(LabelingJobName=name)
    other = base64.urlsafe_b64encode(f"s3://{private}/secret.jpg".encode()).decode()
    answer = httpx.get(
        f"{workshop.access.url}/projects/{project}/resolve/",
        params={"fileuri": other},
        headers={"Authorization": f"Token {workshop.access.token}"},
        trust_env=False,
    )
    assert answer.status_code == 404


def test_a_wrong_password_is_refused(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    with httpx.Client(trust_env=False) as browser:
        login = f"{access.url}/user/login/"
        answer = submit_login_form(browser, login, login, email=access.user, password="not the password")
        assert answer.status_code == 200
        assert browser.get(f"{access.url}/api/current-user/whoami").status_code == 401


def test_nobody_can_sign_up(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    login, signup = f"{access.url}/user/login/", f"{access.url}/user/signup/"
    with httpx.Client(trust_env=False) as browser:
        answer = submit_login_form(browser, login, signup, email="me@localhost", password="long-enough")
    assert answer.status_code == 403
    assert "not permitted" in answer.text
    users = httpx.get(f"{access.url}/api/users/", headers={"Authorization": f"Token {access.token}"}, trust_env=False)
    assert [user["email"] for user in users.json()] == [access.user]


def test_the_server_listens_on_this_machine_only(label_studio: RunningLabelStudio) -> None:
    server = label_studio.server_process()
    listening = [each.laddr.ip for each in server.net_connections() if each.status == "LISTEN"]
    assert listening == ["127.0.0.1"]
    # A page of some other site that has its name resolve to 127.0.0.1 gets nothing.
    rebound = httpx.get(f"{label_studio.access.url}/user/login/", headers={"Host": "example.com"}, trust_env=False)
    assert rebound.status_code == 400


def test_the_secrets_are_in_one_private_file(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    secrets_file = label_studio.folder / "credentials.json"
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(label_studio.folder.stat().st_mode) == 0o700
    log = (label_studio.folder / "server.log").read_text()
    for secret in (access.password, access.token):
        assert secret not in log
        assert secret not in repr(access)


def test_a_wrong_token_is_refused(label_studio: RunningLabelStudio) -> None:
    stranger = replace(label_studio.access, token="0" * 40)
    with pytest.raises(ServiceError, match="refused with status 401"), stranger.session("A stranger") as api:
        api.projects.get(1)


def test_the_database_of_the_set_up_knows_nobody() -> None:
    prepared = environments.LABEL_STUDIO / PREPARED_DATABASE
    with closing(sqlite3.connect(f"file:{prepared}?mode=ro", uri=True)) as database:
        for table in ("htx_user", "authtoken_token", "organization", "project"):
            assert database.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608
