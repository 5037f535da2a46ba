"""`kit suspects`: a run's labels beside what models find that have not learned from them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, LabelState
from kit.console import Console
from kit.detection.suspects import ranked
from kit.errors import InputError
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.beside import cross_validation
from kit.local_cloud.beside.cross_validation import FEWEST
from kit.local_cloud.beside.lone_training import Example
from kit.report import page
from kit.run import folder as run_folder
from kit.run import picture_set, summary, suspected
from kit.run.earlier_labels import pictures_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.opening import is_finished, locked
from kit.run.results import ConversionResult, PicturesResult
from kit.run.suspected import Suspected
from kit.settings import DECLARATIONS, DEFAULT

FOLDS = 3


def find(runs: Path, name: str, console: Console) -> Suspected:
    """Trains in folds on a run's labels and ranks them; leaves `suspects.json`, `suspects.manifest` and a section in
    the run's report, where it has one.

    Raises:
        InputError: there is no such run, it has no labels yet or too few, another kit is at work on it, or a picture is
            no longer where it was.
        KitError: the detector's environment cannot be made, or a training failed.
    """
    folder = run_folder.find(runs, name)
    journal = Journal.open(folder.journal)
    if not journal.is_finished(ConversionResult.stage):
        raise InputError(
            _("{run} has no labels yet that could be looked at; `kit status {run}` says what to do.").format(
                run=folder.run_id
            )
        )
    labels = journal.result(PicturesResult).labels
    examples = _examples(folder, journal, labels)
    with_boxes = [each for each in examples if each.picture.boxes]
    if len(with_boxes) < FEWEST:
        raise InputError(
            _("Labelled pictures with a box in {run}: {count}; at least {fewest} are needed; label more.").format(
                run=folder.run_id, count=len(with_boxes), fewest=FEWEST
            )
        )
    environments.require(environments.DETECTOR)
    with locked(folder), tempfile.TemporaryDirectory(prefix="kit-suspects-") as scratch:
        console.say(
            _("{count} trainings, each without a part of the {pictures} labelled pictures of {run} …").format(
                count=FOLDS, pictures=len(with_boxes), run=folder.run_id
            )
        )
        with console.progress(_("trained"), FOLDS) as advance:
            detections = cross_validation.out_of_fold(
                examples,
                labels,
                _hyperparameters(journal),
                Path(scratch) / "folds",
                (environments.TRAIN, environments.SERVE),
                count=FOLDS,
                seed=journal.setting("seed"),
                advance=advance,
            )
        boxes = sum(len(each.picture.boxes) for each in examples)
        found = Suspected(boxes, tuple(ranked([each.picture for each in examples], detections)))
        suspected.write(folder.suspects, found)
        _write_manifest(folder, found, [each.picture for each in examples], labels)
        if is_finished(journal, folder):
            # Where its settings came from is not known any more.
            page.write(folder, journal, summary.anew(folder, journal), dict.fromkeys(journal.settings, DEFAULT))
    return found


def _examples(folder: RunFolder, journal: Journal, labels: tuple[str, ...]) -> list[Example]:
    images = journal.setting("images")
    further = pictures_folder(folder.path.parent, journal.settings.get("relabel"))
    files = picture_set.files_by_name(Path(images) if images else None, further)
    examples = []
    for picture in ground_truth.read(folder.output_manifest, labels=labels).pictures:
        if picture.state is not LabelState.LABELLED:
            continue
        if picture.file_name not in files:
            raise InputError(
                _("the picture {name} of the run is no longer where it was").format(name=picture.file_name)
            )
        examples.append(Example(picture, files[picture.file_name]))
    return examples


def _hyperparameters(journal: Journal) -> dict[str, str]:
    """Those of the run that the kit's own detector takes, whatever the run's model was."""
    named = {each.hyperparameter: journal.settings.get(name) for name, each in DECLARATIONS.items()}
    return {name: str(value) for name, value in named.items() if name is not None and value is not None}


def _write_manifest(
    folder: RunFolder, found: Suspected, pictures: list[AnnotatedPicture], labels: tuple[str, ...]
) -> None:
    by_name = {picture.file_name: picture for picture in pictures}
    worst_first = iter([by_name[name] for name in found.pictures])
    ground_truth.write(folder.suspects_manifest, AnnotationStream(labels, worst_first))
