"""Boxes that people begin from: predictions of Label Studio, which are nobody's answer until they are submitted.

Source: https://labelstud.io/guide/predictions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.annotations.formats.label_studio_addresses import source_of
from kit.annotations.model import AnnotatedPicture
from kit.language import _
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_config import PICTURE
from kit.local_cloud.labelling.rectangles import rectangles

# The version of those that a job begins with.
BEGUN_WITH = "begun-with"
_NONE: Mapping[str, float] = {}


def propose(
    access: LabelStudioAccess,
    project: int,
    proposals: Mapping[str, AnnotatedPicture],
    version: str,
    scores: Mapping[str, float] = _NONE,
) -> int:
    """Shows boxes on the pictures of a project that nobody has labelled or skipped; a picture has those of one version.

    It can be called again with the same ones: pictures that have proposals of that version keep them.

    Args:
        proposals: by S3 URI; boxes in pixels, with the size of the picture.
        version: a name for where they come from. Those of the version given last are shown.
        scores: how certain each picture's are, 0..1.

    Returns:
        How many pictures have got some now.

    Raises:
        InputError: a picture has boxes but no size.
        ServiceError: Label Studio does not answer, or refuses.
    """
    with access.session(_("Proposals for Label Studio's project {project}").format(project=project)) as label_studio:
        there = {each.task for each in label_studio.predictions.list(project=project) if each.model_version == version}
        new: list[Any] = []
        tasks: list[Any] = list(label_studio.tasks.list(project=project, fields="task_only", resolve_uri=False))
        for task in tasks:
            source = source_of(task.data, PICTURE)
            if source not in proposals or task.id in there or task.total_annotations or task.cancelled_annotations:
                continue
            result = rectangles(proposals[source])
            new.append({"task": task.id, "result": result, "score": scores.get(source), "model_version": version})
        if new:
            label_studio.projects.import_predictions(id=project, request=new)
        # A kill may have come between the two. It takes the name of no version that has no predictions.
        if new or (there and not label_studio.projects.get(project).model_version):
            label_studio.projects.update(id=project, model_version=version, show_collab_predictions=True)
    return len(new)
