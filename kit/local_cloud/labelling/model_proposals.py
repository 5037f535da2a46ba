"""What a model proposes while people label: what it proposed before goes, and it is least sure of what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from kit.annotations.model import AnnotatedPicture
from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.proposals import propose

# Label Studio's names for the order in which pictures are given out, and of the score of a picture's predictions.
_UNCERTAIN_FIRST = "Uncertainty sampling"
_SCORE = "tasks:predictions_score"


def show_least_certain_first(access: LabelStudioAccess, project: int) -> None:
    """Makes the list of a project that has none yet one that begins with what a model is least sure of.

    Where one person labels, Label Studio's pages follow this list; without predictions it is in the project's order.
    """
    with access.session(_("Label Studio's project {project}").format(project=project)) as label_studio:
        if not list(label_studio.views.list(project=project)):
            data: Any = {"title": "Default", "type": "list", "target": "tasks", "ordering": [_SCORE]}
            label_studio.views.create(project=project, data=data)


def propose_anew(
    access: LabelStudioAccess,
    project: int,
    proposals: Mapping[str, AnnotatedPicture],
    version: str,
    certainties: Mapping[str, float],
) -> int:
    """Puts proposals to the pictures of a project that nobody has labelled, in place of all that were there.

    As `proposals.propose`, but of the version given no other may have been called so.
    """
    count = propose(access, project, proposals, version, certainties)
    purpose = _("Label Studio's project {project}").format(project=project)
    if count:
        with access.session(purpose) as label_studio:
            # Where several people label, who are given pictures one by one.
            label_studio.projects.update(project, sampling=_UNCERTAIN_FIRST)
        _withdraw_all_but(access, project, version, purpose)
    return count


def _withdraw_all_but(access: LabelStudioAccess, project: int, version: str, purpose: str) -> None:
    """Two versions at once would be averaged where pictures are put in order."""
    address, headers = f"/api/projects/{project}/model-versions/", {"Authorization": f"Token {access.token}"}
    try:
        with access.connection() as connection:
            for other in connection.get(address, headers=headers).raise_for_status().json():
                if other and other != version:
                    asked = connection.request("DELETE", address, headers=headers, json={"model_version": other})
                    asked.raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(f"{purpose}: {error}") from error
