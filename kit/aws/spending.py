"""The cost of a run so far, estimated from its journal."""

from __future__ import annotations

import datetime

from kit.aws import prices
from kit.aws.prices import Price
from kit.run.journal import Journal
from kit.run.names import ENDPOINT, LABELING_JOB, TRAINING_JOB
from kit.run.results import LabellingResult, PrelabelResult, TrainingResult
from kit.settings import GROUND_TRUTH


def spent_usd(journal: Journal, training: Price, endpoint: Price) -> float:
    """USD for training, for endpoints as long as they were there, and for what Ground Truth's people labelled."""
    usd = 0.0
    if journal.is_finished(TrainingResult.stage):
        usd += training.of(journal.result(TrainingResult).billable_seconds / 3600)
    for resource in journal.resources:
        if resource.kind == ENDPOINT:
            usd += endpoint.of(_hours(resource.entered, resource.left))
        # Of one that was done anew the time is all that is known.
        if resource.kind == TRAINING_JOB and resource.outdated:
            usd += training.of(_hours(resource.entered, resource.left))
    by_ground_truth = any(resource.kind == LABELING_JOB for resource in journal.resources)
    by_ground_truth = by_ground_truth and journal.setting("labeler") == GROUND_TRUTH
    if by_ground_truth and journal.is_finished(LabellingResult.stage):
        labelled = journal.result(LabellingResult).labelled
        if journal.is_finished(PrelabelResult.stage):
            # The others had their labels.
            labelled = min(labelled, journal.result(PrelabelResult).pictures)
        usd += prices.LABELLED_OBJECT * labelled
    return usd


def _hours(start: str, end: str) -> float:
    begun = datetime.datetime.fromisoformat(start)
    ended = datetime.datetime.fromisoformat(end) if end else datetime.datetime.now(datetime.timezone.utc)
    return (ended - begun).total_seconds() / 3600
