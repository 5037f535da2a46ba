"""What the page shows of a run besides its endpoint: classes and colours, threshold, held-out pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.detection.drawing import colour_of
from kit.errors import InputError
from kit.run.earlier_labels import pictures_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import files_by_name
from kit.run.results import DetectionResult, PicturesResult


@dataclass(frozen=True)
class Subject:
    """A run that has a model.

    Attributes:
        labels: its classes in class-id order.
        threshold: the lowest score that it draws.
        held_out: files of the pictures that were not trained on, by their names in the run.
        missing: why there are none of these, "" where there are.
        to_label: the folder that collects what people want labelled.
    """

    run: str
    labels: tuple[str, ...]
    threshold: float
    held_out: Mapping[str, Path]
    missing: str
    to_label: Path

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each class, as CSS writes it: that of the drawings and the report."""
        return {label: _css(label, self.labels) for label in self.labels}


def subject_of(folder: RunFolder, journal: Journal) -> Subject:
    """Raises InputError when the run has not come as far as its detections."""
    detection = journal.result(DetectionResult)
    held_out, missing = _held_out(folder, journal)
    labels = journal.result(PicturesResult).labels
    return Subject(journal.run_id, labels, detection.threshold, held_out, missing, folder.to_label)


def _held_out(folder: RunFolder, journal: Journal) -> tuple[dict[str, Path], str]:
    images = journal.settings.get("images")
    try:
        further = pictures_folder(folder.path.parent, journal.settings.get("relabel"))
        files = files_by_name(None if images is None else Path(images), further)
    except InputError as error:
        return {}, str(error)
    answers = folder.detections_file.read_text(encoding="utf-8").splitlines()
    names = [json.loads(line)["picture"] for line in answers]
    return {name: files[name] for name in names if name in files}, ""


def _css(label: str, labels: tuple[str, ...]) -> str:
    blue, green, red = colour_of(label, labels)
    return f"#{red:02x}{green:02x}{blue:02x}"
