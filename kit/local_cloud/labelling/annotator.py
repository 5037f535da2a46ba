"""The scripted annotator: enters known boxes into Label Studio by its API, as a worker would by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from kit.annotations.formats.label_studio_tasks import picture_of_task
from kit.annotations.model import AnnotatedPicture
from kit.detection.verdicts import intersection_over_union
from kit.errors import InputError
from kit.language import _
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_config import PICTURE
from kit.local_cloud.labelling.rectangles import rectangles

# A proposed box that overlaps an object's so much is left as it is.
_GOOD_ENOUGH = 0.8


@dataclass(frozen=True)
class AnnotatorProgress:
    """After a picture: its file name, and how many of the project's pictures are done (labelled or skipped)."""

    file_name: str
    done: int
    total: int


def annotate(
    access: LabelStudioAccess, project: int, truth: Mapping[str, AnnotatedPicture]
) -> Iterator[AnnotatorProgress]:
    """Labels the pictures of a project that are not labelled or skipped yet, in the order of the project.

    Where boxes are proposed, those that are good enough stay; the others are deleted, and what is missing is drawn.

    Args:
        access: the server, and the worker to sign in as.
        project: Label Studio's number of it; `LabelingJobs.project` knows it by the job's name.
        truth: the boxes to enter, by the file name of the picture.

    Yields:
        the progress after each picture, the ones that were done already included.

    Raises:
        InputError: a picture of the project has no truth; those before it are labelled.
        ServiceError: Label Studio does not answer, or refuses.
    """
    with access.session(_("The scripted annotator in project {project}").format(project=project)) as client:
        tasks: list[Any] = list(client.tasks.list(project=project, fields="task_only", resolve_uri=False))
        proposed = {each.task: each.result for each in client.predictions.list(project=project)}
        for done, task in enumerate(tasks, start=1):
            file_name = task.data[PICTURE].rsplit("/", 1)[-1]
            if not task.total_annotations and not task.cancelled_annotations:
                if file_name not in truth:
                    raise InputError(
                        _("The scripted annotator knows no boxes of {picture}; label by hand.").format(
                            picture=task.data[PICTURE]
                        )
                    )
                answer = truth[file_name]
                if task.id in proposed:
                    shown = {"data": task.data, "annotations": [{"result": proposed[task.id]}]}
                    answer = _corrected(picture_of_task(shown, image_field=PICTURE), answer)
                client.annotations.create(id=task.id, result=rectangles(answer))
            yield AnnotatorProgress(file_name, done, len(tasks))


def _corrected(proposed: AnnotatedPicture, truth: AnnotatedPicture) -> AnnotatedPicture:
    to_draw, kept = list(truth.boxes), []
    for box in proposed.boxes:
        of_it = [
            each for each in to_draw if each.label == box.label and intersection_over_union(each, box) >= _GOOD_ENOUGH
        ]
        if of_it:
            to_draw.remove(of_it[0])
            kept.append(box)
    return replace(truth, boxes=(*kept, *to_draw))
