"""The report's table of settings: the values that were used, and in people's words where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.language import _
from kit.run import opening
from kit.run.journal import Journal
from kit.run.results import DetectionResult, PicturesResult, TrainingResult
from kit.settings import DECLARATIONS, DEFAULT, FILE, MAKE, CloudSettings, LocalSettings


def rows(journal: Journal, origins: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Name, value and origin of each setting that the run was begun with, and of the threshold.

    Args:
        origins: as `ResolvedSettings` has them.
    """
    usual = defaults(journal)

    def origin_of(name: str, value: Any) -> str:
        # Of a run that is cleaned up by another command, that command's settings tell nothing.
        if origins[name] == DEFAULT and value != usual.get(name, value):
            return _("given when the run was begun")
        return _origin(origins[name])

    found = [(name, _value(journal, name, value), origin_of(name, value)) for name, value in journal.settings.items()]
    threshold = journal.result(DetectionResult)
    origin = _origin(origins.get("threshold", DEFAULT))
    if threshold.threshold_origin != "setting":
        origin = threshold.threshold_reason
    return [*found, ("threshold", f"{threshold.threshold:.2f}", origin)]


def defaults(journal: Journal) -> dict[str, Any]:
    """The defaults of the run's track, in the form in which the journal has its settings."""
    return opening.identity(CloudSettings() if journal.track == opening.CLOUD else LocalSettings())


def _value(journal: Journal, name: str, given: Any) -> str:
    """The value that was used, where the run was given none as well."""
    samples = journal.setting("images") is None
    if name == "held_out" and samples:
        return _("the samples have pictures of their own for it")
    if given is not None:
        return written(given)
    if name == "images":
        return "samples/plugs"
    if name == "labels":
        return written(journal.result(PicturesResult).labels)
    if name == "labeler":
        labelled_before = journal.settings.get("annotations") is not None
        return (
            _("nobody: the labels are those of ANNOTATIONS") if labelled_before else "scripted" if samples else "human"
        )
    hyperparameter = DECLARATIONS[name].hyperparameter if name in DECLARATIONS else None
    if hyperparameter is None:
        return _("none")
    return journal.result(TrainingResult).hyperparameters.get(hyperparameter, _("the model's own"))


def written(value: Any) -> str:
    """A setting's value as one types it."""
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _origin(origin: str) -> str:
    if origin == MAKE or origin.startswith("--"):
        return _("command line")
    if origin in (DEFAULT, FILE):
        return _(origin)
    return _("environment ({variable})").format(variable=origin) if origin.startswith("KIT_") else origin
