"""The model that a run made: where it is, what its classes are called, from which score on it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.errors import InputError
from kit.language import _
from kit.run import folder as run_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.results import DetectionResult, EndpointResult, PicturesResult, ScoringResult


@dataclass(frozen=True)
class TrainedModel:
    """A model with what its run knows of it.

    Attributes:
        artifact: model.tar.gz.
        labels: in the order of the class ids.
        threshold: the lowest score that the run draws.
        scores: on the pictures that were not trained on; nothing but None twice where there were none.
        endpoint: the name that its endpoint has, or had.
    """

    run: RunFolder
    artifact: Path
    labels: tuple[str, ...]
    threshold: float
    scores: ScoringResult
    endpoint: str


def model_of(runs: Path, name: str | None) -> TrainedModel:
    """The model of a run, by default of the latest that has one.

    Raises:
        InputError: there is no such run, it is not finished, or its model is gone.
    """
    if name is not None:
        return _model(run_folder.find(runs, name))
    newest_first = [each for each in [run_folder.latest(runs), *reversed(run_folder.every(runs))] if each]
    for folder in newest_first:
        if folder.journal.is_file() and _is_scored(Journal.open(folder.journal)):
            return _model(folder)
    raise InputError(
        _("No run under {runs} is finished; `make local` makes one, or give `kit detect` a model: --model.").format(
            runs=runs
        )
    )


def of_endpoint(runs: Path, endpoint: str) -> TrainedModel | None:
    """What is known of the model behind an endpoint that a run of this machine made; its artifact need not be here."""
    for folder in run_folder.every(runs):
        journal = Journal.open(folder.journal)
        if _is_scored(journal) and journal.result(EndpointResult).endpoint == endpoint:
            return _known(folder, journal)
    return None


def _is_scored(journal: Journal) -> bool:
    return journal.is_finished(ScoringResult.stage)


def _model(folder: RunFolder) -> TrainedModel:
    journal = Journal.open(folder.journal)
    if not _is_scored(journal):
        raise InputError(
            _("{run} is not finished and has no model yet; `kit status {run}` says what to do.").format(
                run=folder.run_id
            )
        )
    if not folder.model_artifact.is_file():
        raise InputError(
            _(
                "The model of {run} is not in {file}: it was removed, or the clean-up that fetches it has yet to run."
            ).format(run=folder.run_id, file=folder.model_artifact)
        )
    return _known(folder, journal)


def _known(folder: RunFolder, journal: Journal) -> TrainedModel:
    return TrainedModel(
        folder,
        folder.model_artifact,
        journal.result(PicturesResult).labels,
        journal.result(DetectionResult).threshold,
        journal.result(ScoringResult),
        journal.result(EndpointResult).endpoint,
    )
