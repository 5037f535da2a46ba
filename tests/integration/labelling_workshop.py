"""A bucket with manifest, labels, template and pictures, Ground Truth's verbs over it, and the true boxes."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.local_cloud.labelling.jobs import LabelingJobs
from kit.local_cloud.labelling.label_studio import LabelStudioAccess

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.integration.conftest import RunningLabelStudio

LABELS = ("usb-a", "usb-c & <cable>", "ライトニング")
TEMPLATE = (
    '<crowd-form><crowd-bounding-box name="boundingBox"><full-instructions><p>Draw tight boxes.</p></full-instructions>'
    "<short-instructions>A box for each plug.</short-instructions></crowd-bounding-box></crowd-form>"
)
EXIF_ORIENTATION, TURNED_RIGHT = 0x0112, 6
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
