"""Runs that were begun or finished, without a model or a service."""

from __future__ import annotations

import json
from pathlib import Path

from kit.detection.scores import ClassScore
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.names import STAGES
from kit.run.results import (
    CleanUpResult,
    ConversionResult,
    DetectionResult,
    EndpointResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    StageResult,
    TrainingResult,
)
from kit.run.summary import summarise

RESULTS: dict[str, StageResult] = {
    "pictures": PicturesResult("bucket", 35, ("usb-a",)),
    "labelling": LabellingResult("s3://bucket/output.manifest", 35, 89, {"usb-a": 89}, {"labelled": 35}),
    "conversion": ConversionResult(33, 89, ()),
    "training": TrainingResult(
        job="job",
        model_artifact="s3://bucket/model.tar.gz",
        train_seconds=100,
        billable_seconds=100,
        epochs=1,
        device="cpu",
        history=({"epoch": 1.0, "Train_Loss": 1.5},),
    ),
    "endpoint": EndpointResult("plugs"),
    "detection": DetectionResult(65, 0.5, "setting", 60, 50.0),
    "clean-up": CleanUpResult(()),
}


def begun(folder: Path, name: str) -> tuple[RunFolder, Journal]:
    run = RunFolder(folder / "runs" / name)
    run.path.mkdir(parents=True)
    journal = Journal(run.journal, name, "local", {"epochs": 1, "labeler": None})
    journal.runs_on("process", "as RUNTIME says")
    journal.save()
    return run, journal


def finished(folder: Path, name: str, map50: float = 0.5) -> RunFolder:
    run, journal = begun(folder, name)
    scored = ScoringResult(map50, 0.25, 65, 160, (ClassScore("usb-a", 160, 0.5, 0.25, None),))
    for stage in STAGES:
        journal.begin(stage)
        journal.finish(stage, 2.0, scored if stage == "scoring" else RESULTS[stage])
    run.summary.write_text(json.dumps(summarise(journal)))
    return run
