"""Which pictures and labels a run works with: the samples, or somebody's own folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kit.annotations.model import AnnotatedPicture
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.repository import ROOT
from kit.run import given_labels
from kit.run.folder import RunFolder
from kit.run.given_labels import GivenLabels
from kit.run.remark import Remark, told
from kit.run.run_picture import Looked, RunPicture, look_at, pictures_of
from kit.settings import HUMAN, LABEL_STUDIO, Settings

SAMPLES = ROOT / "samples" / "plugs"
# Below this there is nothing to learn from.
FEWEST_TO_TRAIN = 2
# Below this nothing is left over to score on.
FEWEST_TO_SPLIT = 5


@dataclass(frozen=True)
class PictureSet:
    """The input of a run.

    Attributes:
        pictures: pictures to label and train on, sorted by path; all can be decoded, their names are all different.
        labels: class names in class-id order.
        held_out: pictures that are never trained on; None when a part of the labelled ones is to be held out.
        truth: COCO file with the exact boxes of the pictures, known for the samples only.
        given: labels that exist already.
        goes_on: whether people go on with those; else they are all there are.
        proposals: boxes that people begin from on pictures without a label, by the picture's name.
        again: names of labelled pictures, in an order: they alone are labelled anew, each from the label it has, which
            it keeps where nobody does.
        left_out: pictures that cannot be used, and why.
        remarks: what else is to be known of single pictures.
    """

    pictures: tuple[RunPicture, ...]
    labels: tuple[str, ...]
    held_out: tuple[RunPicture, ...] | None = None
    truth: Path | None = None
    given: GivenLabels | None = None
    goes_on: bool = False
    proposals: Mapping[str, AnnotatedPicture] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def needs_labelling(self) -> bool:
        """Whether somebody is to label: the labels that were given are not all there are."""
        return self.given is None or self.goes_on

    @property
    def by_people(self) -> bool:
        """Whether people are to label, on this machine."""
        return self.needs_labelling and self.truth is None


def collect(settings: Settings, console: Console, further: Path | None = None) -> PictureSet:
    """Finds the pictures, decodes each, and reads the labels where there are any, before anything is created.

    Pictures that cannot be used are left out and told of, as long as enough are left.

    Args:
        further: a second folder of pictures, besides the samples or one's own.

    Raises:
        InputError: fewer than `FEWEST_TO_TRAIN` pictures (with a box, where there are labels) can be used, names clash,
            a class cannot be one; and as `kit.run.given_labels.read`.
    """
    if settings.images is None:
        own = look_at(further, console).pictures if further else ()
        return PictureSet(
            pictures=(*pictures_of(SAMPLES / "train"), *own),
            labels=tuple((SAMPLES / "labels.txt").read_text(encoding="utf-8").split()),
            held_out=pictures_of(SAMPLES / "held_out"),
            truth=None if settings.labeler == HUMAN else SAMPLES / "train.coco.json",
        )
    if settings.annotations is None and settings.labels is None:
        raise InputError(_("LABELS is missing: say which classes your pictures show."))
    if settings.annotations is not None and not isinstance(settings.annotations, Path):
        raise InputError(_("{manifest} has to be fetched first; give a file.").format(manifest=settings.annotations))
    looked, given = look_at(settings.images, console), None
    if further is not None:
        looked = looked.with_those_of(look_at(further, console))
    if settings.annotations is not None:
        given, looked = given_labels.read(
            settings.annotations, settings.labels, settings.images, looked, attribute=settings.attribute
        )
    labels = given.labels if given else settings.labels or ()
    for label in labels:
        if not label.isprintable():
            raise InputError(_("The class {label!r} has a character that is no letter or sign.").format(label=label))
    goes_on = given is not None and settings.labeler in (HUMAN, LABEL_STUDIO)
    _require_enough(settings.images, looked, None if goes_on else given, settings.held_out)
    _tell(looked, console)
    return PictureSet(
        looked.pictures,
        labels,
        given=given,
        goes_on=goes_on,
        left_out=tuple(looked.left_out.values()),
        remarks=looked.remarks,
    )


def held_out_count(share: float, labelled: int) -> int:
    """How many of so many labelled pictures are kept for the score: none where there are too few to spare."""
    return max(1, round(share * labelled)) if share and labelled >= FEWEST_TO_SPLIT else 0


def held_out_truth(images: object, folder: RunFolder) -> Path:
    """COCO file with the true boxes of a run's held-out pictures.

    Args:
        images: the folder of pictures that the run was given; None for the samples, whose boxes are known.
    """
    return SAMPLES / "held_out.coco.json" if images is None else folder.held_out_truth


def files_by_name(images: Path | None, further: Path | None = None) -> Mapping[str, Path]:
    """The files of a run's pictures by their names in it.

    Args:
        images: the folder that was given; None for the samples.
        further: as `collect` has it.
    """
    folders = [SAMPLES / "train", SAMPLES / "held_out"] if images is None else [images]
    folders += [further] if further else []
    return {picture.name: picture.path for folder in folders for picture in pictures_of(folder)}


def _require_enough(folder: Path, looked: Looked, given: GivenLabels | None, share: float) -> None:
    why = _(" Left out: {pictures}.").format(pictures=told([*looked.left_out.values()])) if looked.left_out else ""
    if given is not None:
        count = sum(1 for picture in given.pictures if picture.boxes)
        if count < FEWEST_TO_TRAIN:
            raise InputError(
                _(
                    "Labelled pictures with a box to train on: {count}; at least {fewest} are needed; label more."
                ).format(count=count, fewest=FEWEST_TO_TRAIN)
                + why
            )
        if (left := count - held_out_count(share, count)) < FEWEST_TO_TRAIN:
            raise InputError(
                _(
                    "HELD_OUT={share:g} leaves {left} of {count} labelled pictures with a box to train on, at least "
                    "{fewest} are needed; make it less."
                ).format(share=share, left=left, count=count, fewest=FEWEST_TO_TRAIN)
            )
    elif len(looked.pictures) < FEWEST_TO_TRAIN:
        raise InputError(
            _("Pictures in {folder} that can be used: {count}; at least {fewest} are needed.").format(
                folder=folder, count=len(looked.pictures), fewest=FEWEST_TO_TRAIN
            )
            + why
        )


def _tell(looked: Looked, console: Console) -> None:
    if looked.left_out:
        console.say(
            _("Left out, for they cannot be used: {count} of {total} pictures.").format(
                count=len(looked.left_out), total=len(looked.left_out) + len(looked.pictures)
            )
        )
    for remark in (*looked.left_out.values(), *looked.remarks):
        console.say(f"  {remark}")
