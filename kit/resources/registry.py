"""Every kind of thing that a run may have made, its end, and what is left of it."""

from __future__ import annotations

from kit.aws_api import AwsApi, ResourceKind
from kit.errors import KitError
from kit.language import _
from kit.resources.bucket import Bucket
from kit.resources.endpoint import Endpoint
from kit.resources.endpoint_config import EndpointConfig
from kit.resources.labeling_job import LabelingJob
from kit.resources.model import Model
from kit.resources.training_job import TrainingJob
from kit.run.journal import Journal, Resource


def kinds_of(api: AwsApi) -> dict[str, ResourceKind]:
    """By their names in the ledger; add new ones here."""
    kinds: tuple[ResourceKind, ...] = (
        Endpoint(api),
        EndpointConfig(api),
        Model(api),
        TrainingJob(api),
        LabelingJob(api),
        Bucket(api),
        *api.further_kinds,
        *api.traces,
    )
    return {kind.name: kind for kind in kinds}


def delete(api: AwsApi, journal: Journal, resource: Resource) -> None:
    """Deletes one resource of the ledger, and enters that there; that it is gone already is as good.

    Raises:
        KitError: it could not be deleted, or is of a kind that this version does not know.
    """
    kind = kinds_of(api).get(resource.kind)
    if kind is None:
        raise KitError(
            _("The journal names a {kind} ({name}), which this version cannot delete.").format(
                kind=resource.kind, name=resource.name
            )
        )
    kind.delete(resource.name)
    journal.mark_ended(resource.kind, resource.name)


def left_behind(api: AwsApi, suffix: str) -> list[str]:
    """Everything that still bears the run's suffix, by asking, not by memory: each as `<kind> <name>`."""
    return [f"{kind.name} {name}" for kind in kinds_of(api).values() for name in kind.left(suffix)]
