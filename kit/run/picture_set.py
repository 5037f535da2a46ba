"""Which pictures and labels a run works with: the samples, or somebody's own folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kit.annotations.formats import ground_truth
from kit.annotations.picture_files import upright_size
from kit.errors import InputError
from kit.language import _
from kit.repository import ROOT
from kit.run.folder import RunFolder
from kit.settings import Settings

SAMPLES = ROOT / "samples" / "plugs"
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class PictureSet:
    """The input of a run.

    Attributes:
        pictures: files to label and train on, sorted by name; the names are all different.
        labels: class names in class-id order.
        held_out: files that are never trained on; None when a part of the labelled pictures is to be held out.
        truth: COCO file with the exact boxes of the pictures, known for the samples only.
        manifest: a Ground Truth output manifest with labels that exist already.
    """

    pictures: tuple[Path, ...]
    labels: tuple[str, ...]
    held_out: tuple[Path, ...] | None = None
    truth: Path | None = None
    manifest: Path | None = None

    @property
    def needs_a_person(self) -> bool:
        return self.truth is None and self.manifest is None


def collect(settings: Settings) -> PictureSet:
    """Finds and checks the pictures, and the manifest where there is one, before anything is created.

    Raises:
        InputError: no pictures, a file that is no picture, names that clash, a manifest that cannot be read or
            does not fit the pictures or the labels.
    """
    if settings.images is None:
        return PictureSet(
            pictures=pictures_of(SAMPLES / "train"),
            labels=tuple((SAMPLES / "labels.txt").read_text(encoding="utf-8").split()),
            held_out=pictures_of(SAMPLES / "held_out"),
            truth=None if settings.labeler == "human" else SAMPLES / "train.coco.json",
        )
    pictures = pictures_of(settings.images)
    manifest = settings.manifest
    if manifest is None:
        if settings.labels is None:
            raise InputError(_("LABELS is missing: say which classes your pictures show."))
        return PictureSet(pictures, settings.labels)
    if not isinstance(manifest, Path):
        raise InputError(_("{manifest} has to be fetched first; give a file.").format(manifest=manifest))
    return PictureSet(pictures, _labels_of(manifest, settings, pictures), manifest=manifest)


def held_out_truth(images: object, folder: RunFolder) -> Path:
    """COCO file with the true boxes of a run's held-out pictures.

    Args:
        images: the folder of pictures that the run was given; None for the samples, whose boxes are known.
    """
    return SAMPLES / "held_out.coco.json" if images is None else folder.held_out_truth


def pictures_of(folder: Path) -> tuple[Path, ...]:
    """The JPEG and PNG files of a folder, each opened to see that it is one."""
    if not folder.is_dir():
        raise InputError(_("{folder} is not a folder; give the folder that holds the pictures.").format(folder=folder))
    pictures = tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES))
    if not pictures:
        raise InputError(
            _("{folder} holds no pictures; put JPEG or PNG files ({suffixes}) there.").format(
                folder=folder, suffixes=", ".join(SUFFIXES)
            )
        )
    for path in pictures:
        upright_size(path)
    clashes = [name for name, count in Counter(path.name.lower() for path in pictures).items() if count > 1]
    if clashes:
        raise InputError(
            _("{folder} holds {name} twice, in upper and lower case; rename one of them.").format(
                folder=folder, name=clashes[0]
            )
        )
    return pictures


def _labels_of(manifest: Path, settings: Settings, pictures: tuple[Path, ...]) -> tuple[str, ...]:
    stream = ground_truth.read(manifest, labels=settings.labels)
    names = {path.name for path in pictures}
    for picture in stream.pictures:
        if picture.file_name not in names:
            raise InputError(
                f"{manifest}:{picture.line}: "
                + _("{picture} is not in {folder}; add the picture or remove the line.").format(
                    picture=picture.file_name, folder=settings.images
                )
            )
        for box in picture.boxes:
            if box.label not in stream.labels:
                raise InputError(
                    f"{manifest}:{picture.line}: "
                    + _('class "{label}" is not in LABELS ({labels}); add it there.').format(
                        label=box.label, labels=", ".join(stream.labels)
                    )
                )
    return stream.labels
