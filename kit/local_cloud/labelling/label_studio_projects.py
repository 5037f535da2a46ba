"""A labeling job as a project of Label Studio: opening it, watching it, taking what was labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from kit.annotations.formats.label_studio_addresses import source_of
from kit.annotations.formats.label_studio_tasks import picture_of_task
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.problems import MalformedError
from kit.language import _
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_config import PICTURE, PLACE, Instructions, labelling_config
from kit.local_cloud.labelling.rectangles import rectangles
from kit.local_cloud.labelling.request import split_s3_uri

_LONGEST_TITLE = 50
_TASKS_A_REQUEST = 1000
_NOT_FOUND = 404
_NOTHING: Mapping[str, AnnotatedPicture] = {}
_EDGES = ("left", "top", "right", "bottom")
# And what per cent and back may add to it.
_HALF_A_PIXEL = 0.501


class ProjectDeletedError(Exception):
    """Somebody deleted the project in Label Studio."""


@dataclass(frozen=True)
class ProjectProgress:
    """Counts of pictures; `skipped` ones are not among `labelled`, drafts among neither."""

    total: int
    labelled: int
    skipped: int


def open_project(
    access: LabelStudioAccess,
    job_arn: str,
    labels: Sequence[str],
    instructions: Instructions,
    pictures: Sequence[str],
    labelled: Mapping[str, AnnotatedPicture],
) -> int:
    """Makes the project of a job, anew if a killed run has left half of one, and returns its number.

    Args:
        pictures: S3 URIs, in the order in which they are to be labelled.
        labelled: labels that some of them have already, by S3 URI; they are shown, and can be corrected.

    Raises:
        ServiceError: Label Studio does not answer, or refuses.
    """
    job = job_arn.rsplit("/", 1)[-1]
    with access.session(_("Labeling job {job}").format(job=job)) as label_studio:
        projects: list[Any] = list(label_studio.projects.list())
        for project in projects:
            if project.description == job_arn:
                label_studio.projects.delete(project.id)
        opened: Any = label_studio.projects.create(
            title=f"Labeling job {job}"[:_LONGEST_TITLE],
            description=job_arn,
            label_config=labelling_config(labels, instructions.short),
            expert_instruction=instructions.full_html(),
            # The short ones stand above every picture; a window that opens by itself each time would be in the way.
            show_instruction=False,
            sampling="Sequential sampling",
            maximum_annotations=1,
            enable_empty_annotation=True,
            show_skip_button=True,
        )
        for bucket in dict.fromkeys(place[0] for place in map(split_s3_uri, pictures) if place):
            # Never synchronised: it only tells Label Studio where the tasks' URIs lead. Without presigning the browser
            # gets the pictures from Label Studio itself, which asks who wants them.
            label_studio.import_storage.s3.create(
                project=opened.id, title=bucket, bucket=bucket, presign=False, use_blob_urls=True
            )
        for start in range(0, len(pictures), _TASKS_A_REQUEST):
            tasks: list[Any] = [
                _task(picture, labelled.get(picture), number, len(pictures))
                for number, picture in enumerate(pictures[start : start + _TASKS_A_REQUEST], start=start + 1)
            ]
            label_studio.projects.import_tasks(id=opened.id, request=tasks)
        return int(opened.id)


def _task(picture: str, label: AnnotatedPicture | None, number: int, total: int) -> dict[str, Any]:
    place = _("{number} of {total}").format(number=number, total=total)
    task: dict[str, Any] = {"data": {PICTURE: picture, PLACE: place}}
    if label is not None:
        # What is imported counts as ground truth unless it says otherwise, and that is not counted as labelled.
        task["annotations"] = [{"result": rectangles(label), "ground_truth": False}]
    return task


def project_progress(access: LabelStudioAccess, project: int) -> ProjectProgress:
    """How far the labelling is.

    Raises:
        ProjectDeletedError: it is gone.
        ServiceError: Label Studio does not answer, or refuses.
    """
    # As `session` has it.
    from label_studio_sdk.core.api_error import ApiError

    with access.session(_("Progress of Label Studio's project {project}").format(project=project)) as label_studio:
        try:
            found = label_studio.projects.get(project)
        except ApiError as error:
            if error.status_code == _NOT_FOUND:
                raise ProjectDeletedError from error
            raise
    total, labelled = found.task_number or 0, found.num_tasks_with_annotations or 0
    return ProjectProgress(total, labelled, min(found.skipped_annotations_number or 0, total - labelled))


def labelled_pictures(
    access: LabelStudioAccess, project: int, begun: Mapping[str, AnnotatedPicture] = _NOTHING
) -> dict[str, AnnotatedPicture]:
    """Each picture of the project with its state and boxes (whole pixels), by its S3 URI.

    Args:
        begun: labels that the project began with, by S3 URI; those that nobody has changed come back as they are here.

    Raises:
        ServiceError: Label Studio does not answer, or refuses.
    """
    answers = {picture.source: picture for picture in _pictures(_export(access, project, all_tasks=True))}
    return {
        source: begun[source] if source in begun and _are_the_same(answer, begun[source]) else answer
        for source, answer in answers.items()
    }


def _are_the_same(answer: AnnotatedPicture, begun: AnnotatedPicture) -> bool:
    """Whether an answer in whole pixels is what the project began with."""
    if answer.state is not LabelState.LABELLED or len(answer.boxes) != len(begun.boxes):
        return False
    pairs = zip(answer.boxes, begun.boxes, strict=True)
    return all(
        a.label == b.label and max(abs(getattr(a, edge) - getattr(b, edge)) for edge in _EDGES) <= _HALF_A_PIXEL
        for a, b in pairs
    )


def labelled_by(access: LabelStudioAccess, project: int) -> dict[int, int]:
    """How many pictures of the project each user has labelled or corrected, the last to do so, by the user's number.

    Labels that the project began with are nobody's until they are corrected.

    Raises:
        ServiceError: Label Studio does not answer, or refuses.
    """
    counts: Counter[int] = Counter()
    for task in _export(access, project, all_tasks=False):
        kept = [each for each in task["annotations"] if not each["was_cancelled"]]
        counts.update(each["updated_by"] or each["completed_by"] for each in kept[-1:])
    return dict(counts)


def _export(access: LabelStudioAccess, project: int, *, all_tasks: bool) -> Any:
    with access.session(_("Export of Label Studio's project {project}").format(project=project)) as label_studio:
        return orjson.loads(
            b"".join(
                label_studio.projects.exports.download_sync(project, export_type="JSON", download_all_tasks=all_tasks)
            )
        )


def _pictures(tasks: Iterable[Any]) -> Iterator[AnnotatedPicture]:
    for number, task in enumerate(tasks, start=1):
        try:
            yield picture_of_task(task, number, image_field=PICTURE)
        except MalformedError as error:
            # One answer that makes no sense must not cost the others.
            source = source_of(task["data"], PICTURE)
            yield AnnotatedPicture(source, 0, 0, (), LabelState.FAILED, str(error), number)
