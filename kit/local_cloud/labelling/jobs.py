"""SageMaker Ground Truth's verbs for bounding boxes, carried out by Label Studio.

Requests, answers and errors are boto3's (service model `sagemaker`); the output is Ground Truth's augmented manifest.
What differs from AWS: there is one worker; tasks never expire (`TaskAvailabilityLifetimeInSeconds` is not looked at);
a picture that the worker skips is a failed line; the state of a job is worked out when somebody asks for it. Labels of
the job's own attribute that its input manifest has are shown and can be corrected; a job whose pictures all have theirs
when it is created ends when it is stopped. Of an adjustment job the boxes to adjust are shown as proposals.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.problems import MalformedError
from kit.atomic_file import write_atomically
from kit.aws_api import LabellingPortal, Person
from kit.errors import InputError
from kit.language import _
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.labelling.adjustment import adjusted_attribute
from kit.local_cloud.labelling.description import ENDED, WITH_OUTPUT, LabelCounts, description, output_uri
from kit.local_cloud.labelling.input_manifest import InputManifest, manifest_uri
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_config import Instructions, template_instructions
from kit.local_cloud.labelling.label_studio_projects import (
    ProjectDeletedError,
    labelled_pictures,
    open_project,
    project_progress,
)
from kit.local_cloud.labelling.output import OutputManifest
from kit.local_cloud.labelling.proposals import BEGUN_WITH, propose
from kit.local_cloud.labelling.request import (
    missing_objects,
    read_label_categories,
    read_object,
    refuse_unsuitable,
    refuse_unwritable,
)
from kit.local_cloud.records import Record, Records
from kit.local_cloud.service_model import client_error, in_use, not_found, validate_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOT_IN_S3 = "The picture does not exist in S3."


class LabelingJobs:
    """The labeling jobs of a run.

    Args:
        folder: keeps a record and the manifests of each job; a new object on the same folder knows them all, and puts
            outputs back that this machine's S3 has forgotten since.
        s3: where manifests and pictures are, and the output goes.
        label_studio: the server that the jobs are labelled in.
        place: in the ARNs.
    """

    def __init__(self, folder: Path, *, s3: S3Client, label_studio: LabelStudioAccess, place: Place = HERE) -> None:
        self._folder = folder
        self._place = place
        self._records = Records(folder)
        self._s3 = s3
        self._label_studio = label_studio
        for record in self._records.all():
            if record["status"] in WITH_OUTPUT:
                self._put_output_back(record)

    def create_labeling_job(self, **request: Any) -> dict[str, Any]:
        """Opens the pictures of the input manifest for labelling.

        As on AWS, what is wrong with the request is refused; what is wrong in the manifest makes the job Failed.

        Raises:
            ClientError: ValidationException, ResourceInUse.
            ServiceError: Label Studio does not answer; describing the job tries again.
        """
        operation = "CreateLabelingJob"
        validate_request("sagemaker", operation, request)
        refuse_unsuitable(request)
        name = request["LabelingJobName"]
        if any(record["name"].casefold() == name.casefold() for record in self._records.all()):
            raise in_use(operation, f'Labeling job "{name}"')
        ui, uri = request["HumanTaskConfig"]["UiConfig"], manifest_uri(request)
        labels = read_label_categories(self._s3, request["LabelCategoryConfigS3Uri"])
        of_ui = read_object(self._s3, ui["UiTemplateS3Uri"], "HumanTaskConfig.UiConfig.UiTemplateS3Uri")
        template = of_ui.decode(errors="replace")
        manifest = read_object(self._s3, uri, "InputConfig.DataSource.S3DataSource.ManifestS3Uri")
        refuse_unwritable(self._s3, request["OutputConfig"]["S3OutputPath"])
        instructions = template_instructions(template)
        now = datetime.now(timezone.utc)
        record: Record = {
            "name": name,
            "arn": self._place.sagemaker_arn(f"labeling-job/{name}"),
            "reference": uuid.uuid4().hex,
            "request": request,
            "created": now,
            "modified": now,
            "status": "InProgress",
            "labels": list(labels),
            "short_instructions": instructions.short,
            "full_instructions": f"{request['HumanTaskConfig']['TaskDescription']}\n{instructions.full}",
            "missing": [],
            "adjusts": adjusted_attribute(request, template),
            "project": None,
        }
        # The job goes on from what the manifest was when it was created, as on AWS.
        write_atomically(self._manifest_copy(name), manifest)
        record |= self._looked_through(record)
        self._records.add(name, record)
        if record["status"] == "InProgress":
            self._opened(record)
        return {"LabelingJobArn": record["arn"]}

    def describe_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]:
        """How a job stands; one that is labelled or to be stopped writes its output now.

        Raises:
            ClientError: ValidationException, ResourceNotFound; an error of S3 when the output cannot be written.
            ServiceError: Label Studio does not answer.
        """
        record = self._record("DescribeLabelingJob", LabelingJobName)
        if record["status"] not in ENDED:
            record = self._advanced(self._opened(record))
        return description(record)

    def stop_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]:
        """Ends the labelling; what is labelled by then is kept.

        Raises:
            ClientError: ValidationException when it has ended already, ResourceNotFound.
        """
        record = self._record("StopLabelingJob", LabelingJobName)
        if record["status"] in ENDED:
            raise client_error(
                "StopLabelingJob",
                "ValidationException",
                f"Labeling job {LabelingJobName} cannot be stopped: its status is {record['status']}.",
            )
        self._update(record, status="Stopping")
        return {}

    def portal(self, *, LabelingJobName: str) -> LabellingPortal:
        """Where a person labels the job's pictures: an address that leads through the login to the first of them; to
        their list where some are labelled, which are corrected from there.

        Raises:
            ClientError: ResourceNotFound.
        """
        pictures = f"/projects/{self.project(LabelingJobName=LabelingJobName)}/data"
        access, remark = self._label_studio, ""
        if self.began_with(LabelingJobName=LabelingJobName):
            remark = f"{_('“Label All Tasks” brings those that have no label.')} {how_to_correct()}"
        else:
            pictures += "?labeling=1"
        address, others = access.ways(f"/user/login/?next={quote(pictures, safe='')}")
        return LabellingPortal(address, (Person(access.user, access.password),), remark=remark, others=others)

    def began_with(self, *, LabelingJobName: str) -> int:
        """How many pictures of the job were labelled when it was created.

        Raises:
            ClientError: ResourceNotFound.
        """
        return int(self._record("DescribeLabelingJob", LabelingJobName).get("began_with", 0))

    def project(self, *, LabelingJobName: str) -> int:
        """Label Studio's number of the job's project.

        Raises:
            ClientError: ResourceNotFound.
            InputError: the job failed before it had one.
        """
        record = self._record("DescribeLabelingJob", LabelingJobName)
        if record["project"] is None and record["status"] in ENDED:
            raise InputError(
                _(
                    "Labeling job {name} has nothing to label: {reason} Put that right and create the job again under "
                    "another name."
                ).format(name=LabelingJobName, reason=record["failure_reason"])
            )
        return int(self._opened(record)["project"])

    def labels(self, *, LabelingJobName: str) -> tuple[str, ...]:
        """The classes of the job, in class-id order. Raises ClientError: ResourceNotFound."""
        return tuple(self._record("DescribeLabelingJob", LabelingJobName)["labels"])

    def _record(self, operation: str, name: str) -> Record:
        validate_request("sagemaker", operation, {"LabelingJobName": name})
        record = self._records.get(name)
        if record is None:
            raise not_found(operation, f'Labeling job "{name}"')
        return record

    def _update(self, record: Record, **changes: Any) -> Record:
        changed = {"modified": datetime.now(timezone.utc), **changes}
        return self._records.change(record["name"], lambda kept: {**kept, **changed})

    def _looked_through(self, record: Record) -> Record:
        """The members that the input manifest adds to the record of a new job."""
        manifest = self._manifest(record)
        try:
            sources = [line.source for line in manifest.lines()]
            labelled, failures = manifest.labels(), manifest.old_boxes().failures
        except MalformedError as error:
            return _failure(str(error), LabelCounts())
        missing = sorted(missing_objects(self._s3, sources).union(failures))
        if len(missing) < len(sources):
            to_do = set(sources).difference(missing, labelled)
            return {"missing": missing, "began_with": len(labelled), "ends_when_stopped": not to_do}
        reason = f"None of the {len(sources)} pictures of {manifest.uri} exists in S3."
        if failures:
            reason = f"No picture of {manifest.uri} can be adjusted: {next(iter(failures.values()))}"
        return _failure(reason, LabelCounts(failed=len(sources)))

    def _opened(self, record: Record) -> Record:
        """The job with its project; a kill may have come between the two."""
        if record["project"] is not None:
            return record
        missing, manifest = set(record["missing"]), self._manifest(record)
        pictures = [line.source for line in manifest.lines() if line.source not in missing]
        instructions = Instructions(record["short_instructions"], record["full_instructions"])
        project = open_project(
            self._label_studio, record["arn"], record["labels"], instructions, pictures, manifest.labels()
        )
        if old := manifest.old_boxes().pictures:
            propose(self._label_studio, project, old, BEGUN_WITH)
        return self._update(record, project=project)

    def _advanced(self, record: Record) -> Record:
        missing, manifest = record["missing"], self._manifest(record)
        try:
            progress = project_progress(self._label_studio, record["project"])
        except ProjectDeletedError:
            reason = "The job's project was deleted in Label Studio."
            return self._update(record, **_failure(reason, LabelCounts(failed=len(missing))))
        undecided = progress.total - progress.labelled - progress.skipped
        goes_on = record["status"] != "Stopping" and (undecided > 0 or record.get("ends_when_stopped", False))
        so_far = LabelCounts(progress.labelled, progress.skipped + len(missing), undecided)
        if goes_on:
            return {**record, "counts": asdict(so_far)}
        old = manifest.old_boxes()
        begun = {**old.pictures, **manifest.labels()}
        answers = labelled_pictures(self._label_studio, record["project"], begun)
        if record["status"] != "Stopping" and any(answer.state is LabelState.UNLABELLED for answer in answers.values()):
            # A picture that was skipped and labelled after all counts twice in the progress.
            return {**record, "counts": asdict(so_far)}
        for source in missing:
            reason = old.failures.get(source, _NOT_IN_S3)
            answers[source] = AnnotatedPicture(source, 0, 0, (), LabelState.FAILED, reason)
        counts = self._output(record).write(manifest.lines(), answers, old.pictures, self._s3)
        return self._update(
            record,
            status="Stopped" if record["status"] == "Stopping" else "Completed",
            counts=asdict(counts),
        )

    def _output(self, record: Record) -> OutputManifest:
        return OutputManifest(
            job=record["name"],
            attribute=record["request"]["LabelAttributeName"],
            labels=record["labels"],
            uri=output_uri(record),
            copy=self._folder / f"{record['name']}.output.manifest",
        )

    def _put_output_back(self, record: Record) -> None:
        try:
            self._output(record).put(self._s3)
        except ClientError as error:
            # Whoever deleted the bucket is done with the job.
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise

    def _manifest(self, record: Record) -> InputManifest:
        return InputManifest(self._manifest_copy(record["name"]), record)

    def _manifest_copy(self, name: str) -> Path:
        return self._folder / f"{name}.input.manifest"


def how_to_correct() -> str:
    """For people who are at the list of pictures of which some have labels."""
    return _("To correct a label, click on its line, and press “Update” then.")


def _failure(reason: str, counts: LabelCounts) -> Record:
    return {"status": "Failed", "failure_reason": reason, "counts": asdict(counts)}
