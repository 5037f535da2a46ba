"""PRELABEL: boxes that Ground Truth's workers begin from, of an earlier run's model or of a file."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState, ScoredBox
from kit.annotations.picture_files import upright_size
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.beside.lone_training import Example
from kit.local_cloud.beside.proposer import Proposer
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.own_model import unpack_own
from kit.run import folder as run_folder
from kit.run import given_labels, opening, trained_model
from kit.run.folder import LATEST, RunFolder
from kit.run.picture_set import SAMPLES, PictureSet
from kit.run.results import PrelabelResult
from kit.run.run_picture import Looked, RunPicture
from kit.run.trained_model import TrainedModel
from kit.settings import CloudSettings
from kit.stages import adjustment

_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Prelabels:
    """Boxes to begin from, of which it is certain that they can be had.

    Attributes:
        pictures: how many workers are asked about.
        find: those pictures with their boxes, by their names in the bucket; the ones to look at first come first.
        by_people: whether people drew the boxes, or a model.
    """

    pictures: int
    find: Callable[[], Sequence[AnnotatedPicture]]
    by_people: bool

    def write(self, folder: RunFolder, labels: tuple[str, ...], console: Console) -> PrelabelResult:
        """Finds the boxes and keeps them for the labelling. Raises KitError where a model does not come up."""
        pictures = [_whole_pixels(each) for each in self.find()]
        adjustment.write(folder, pictures, labels, by_people=self.by_people)
        boxes = sum(len(each.boxes) for each in pictures)
        console.say(
            _("  {boxes} boxes are proposed on {pictures} pictures; none counts until a worker submits it.").format(
                boxes=boxes, pictures=len(pictures)
            )
        )
        return PrelabelResult(len(pictures), boxes)


def named(settings: CloudSettings) -> CloudSettings:
    """The settings with PRELABEL so that it means the same from every folder and at any later time."""
    source = settings.prelabel
    if source is None:
        return settings
    if source == LATEST:
        finished = (
            each.run_id
            for each, journal in opening.readable(settings.runs)
            if opening.is_finished(journal, each) and each.model_artifact.is_file()
        )
        source = next(finished, source)
    elif _is_run(settings.runs, source):
        folder = run_folder.find(settings.runs, source).path
        source = folder.name if (settings.runs / folder.name).resolve() == folder else str(folder)
    # What may be a run's name and is no file is left to be looked for among the runs.
    elif Path(source).exists() or not _NAME.fullmatch(source):
        source = str(Path(source).expanduser().resolve())
    return dataclasses.replace(settings, prelabel=source)


def look(settings: CloudSettings, pictures: PictureSet, console: Console) -> Prelabels | None:
    """What PRELABEL names, before anything is made; None where it names nothing.

    A run's model proposes on pictures that have no label. The boxes of a file are proposed on the pictures that they
    are of, those with a label in ANNOTATIONS too, and on others without a label there is nothing to begin from.

    Raises:
        InputError: there is neither such a run nor such a file, the model is none of the kit's own or knows none of the
            classes, the file cannot be read or is of pictures or classes that are not the run's, or there is nothing to
            ask.
    """
    source = settings.prelabel
    if source is None:
        return None
    sized = tuple(map(_sized, pictures.pictures))
    labelled = pictures.given.pictures if pictures.given else ()
    known = {each.source for each in labelled if each.state is LabelState.LABELLED}
    to_do = [each for each in sized if each.name not in known]
    if not _is_run(settings.runs, source) and Path(source).exists():
        proposed = _of_file(settings, pictures, sized, console)
        names = {each.source for each in proposed}
        rest = [AnnotatedPicture(each.name, each.width, each.height) for each in to_do if each.name not in names]
        return Prelabels(len(proposed) + len(rest), lambda: [*proposed, *rest], by_people=True)
    model = _model(settings, source, pictures.labels, console)
    if not to_do:
        raise InputError(
            _(
                "PRELABEL={run}: its model proposes boxes on pictures without a label, and ANNOTATIONS has all; "
                "leave it out, or give a file with the boxes that are to be corrected."
            ).format(run=source)
        )
    return Prelabels(len(to_do), lambda: _found(model, to_do, pictures.labels, console), by_people=False)


def _is_run(runs: Path, name: str) -> bool:
    return any(RunFolder(path).journal.is_file() for path in (runs / name, Path(name)))


def _sized(picture: RunPicture) -> RunPicture:
    """Of the samples nobody has looked at the size."""
    if picture.width:
        return picture
    width, height = upright_size(picture.path)
    return dataclasses.replace(picture, width=width, height=height)


def _of_file(
    settings: CloudSettings, pictures: PictureSet, sized: tuple[RunPicture, ...], console: Console
) -> tuple[AnnotatedPicture, ...]:
    file, folder = Path(settings.prelabel or ""), settings.images or SAMPLES / "train"
    left_out = {folder / each.picture: each for each in pictures.left_out}
    # With ANNOTATIONS it is of those.
    attribute = settings.attribute if settings.annotations is None else None
    given, looked = given_labels.read(file, pictures.labels, folder, Looked(sized, left_out, ()), attribute=attribute)
    for path, remark in looked.left_out.items():
        if remark != left_out.get(path):
            console.say(f"  PRELABEL: {remark}")
    for remark in looked.remarks:
        console.say(f"  PRELABEL: {remark}")
    labelled = tuple(each for each in given.pictures if each.state is LabelState.LABELLED)
    if not any(each.boxes for each in labelled):
        raise InputError(
            _("PRELABEL={file} has no box on any of the pictures; leave it out, or give another file.").format(
                file=file
            )
        )
    return labelled


def _model(settings: CloudSettings, source: str, labels: Sequence[str], console: Console) -> TrainedModel:
    if not _is_run(settings.runs, source):
        try:
            run_folder.find(settings.runs, source)
        except InputError as error:
            raise InputError(
                _("PRELABEL={name} is no file or folder that is there. {reason}").format(name=source, reason=error)
            ) from error
    model = trained_model.model_of(settings.runs, source)
    with tempfile.TemporaryDirectory(prefix="kit-prelabel-") as scratch:
        try:
            unpack_own(model.artifact, Path(scratch) / "model")
        except InputError as error:
            raise InputError(
                _(
                    "PRELABEL={run}: its model cannot propose boxes on this machine ({reason}); its labels can be "
                    "corrected: PRELABEL={labels}"
                ).format(run=source, reason=str(error).rstrip("."), labels=model.run.output_manifest)
            ) from error
    unknown = [label for label in model.labels if label not in labels]
    if len(unknown) == len(model.labels):
        raise InputError(
            _("PRELABEL={run}: its model knows {known}, and none of {labels}; name another run.").format(
                run=source, known=", ".join(model.labels), labels=", ".join(labels)
            )
        )
    if unknown:
        console.say(
            _("The model of {run} knows classes that are not in LABELS, and does not propose them: {classes}").format(
                run=source, classes=", ".join(unknown)
            )
        )
    environments.require(environments.DETECTOR)
    return model


def _found(
    model: TrainedModel, pictures: Sequence[RunPicture], labels: Sequence[str], console: Console
) -> list[AnnotatedPicture]:
    """What the model finds, on the pictures that it is least certain of first."""
    console.say(
        _("  {count} pictures are shown to the model of {run} …").format(count=len(pictures), run=model.run.run_id)
    )
    examples = [Example(AnnotatedPicture(each.name, each.width, each.height), each.path) for each in pictures]
    with tempfile.TemporaryDirectory(prefix="kit-prelabel-") as scratch:
        files = ContainerFiles(Path(scratch) / "ml")
        unpack_own(model.artifact, files.model)
        found = Proposer(files, model.labels, model.threshold).propose(examples, labels, environments.SERVE)
    least_certain_first = sorted(examples, key=lambda each: found[each.picture.source].certainty)
    return [
        replace(
            each.picture,
            boxes=tuple(
                ScoredBox(one.box.label, one.box.left, one.box.top, one.box.right, one.box.bottom, one.score)
                for one in found[each.picture.source].detections
            ),
        )
        for each in least_certain_first
    ]


def _whole_pixels(picture: AnnotatedPicture) -> AnnotatedPicture:
    """With boxes as Ground Truth has them: in whole pixels, of which each has one at least, inside the picture."""
    return replace(picture, boxes=tuple(_rounded(picture.boxes, picture.width, picture.height)))


def _rounded(boxes: Iterable[BoundingBox], width: int, height: int) -> Iterable[BoundingBox]:
    for box in boxes:
        inside = box.clipped(width, height)
        if inside is None:
            continue
        left, top = min(round(inside.left), width - 1), min(round(inside.top), height - 1)
        right, bottom = max(round(inside.right), left + 1), max(round(inside.bottom), top + 1)
        yield replace(box, left=left, top=top, right=right, bottom=bottom)
