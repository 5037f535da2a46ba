"""The labels of an earlier run, for people to go on from, and the pictures that it was found wrong on.

What is taken of a run stands in `runs/relabel/<run>/`, brought up to date as long as the run is there: the runs that
begin from it need the run itself no more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec.structs import replace

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.picture_files import pictures_in
from kit.atomic_file import write_atomically
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.run import contents, opening, picture_set, suspected
from kit.run import folder as run_folder
from kit.run.folder import RELABEL, TO_LABEL_MANIFEST, RunFolder
from kit.run.given_labels import GivenLabels
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.results import LabellingResult
from kit.settings import Settings


@dataclasses.dataclass(frozen=True)
class _Taken:
    """What is taken of a run: its labels, the state of its pictures, and the pictures to label with their boxes."""

    path: Path

    @property
    def labels(self) -> Path:
        return self.path / "labels.manifest"

    @property
    def contents(self) -> Path:
        return self.path / "contents.json"

    @property
    def proposals(self) -> Path:
        return self.path / "proposals.manifest"

    @property
    def suspects(self) -> Path:
        return self.path / "suspects.json"

    @property
    def pictures(self) -> Path:
        return self.path / "pictures"


def labelled_run(runs: Path, name: str | None) -> tuple[RunFolder, Journal]:
    """The run of that name, or the newest finished one.

    Raises:
        InputError: there is none, or nobody has finished its labels.
    """
    if name is None:
        for folder, journal in opening.readable(runs):
            if opening.is_finished(journal, folder) and journal.is_finished(LabellingResult.stage):
                return folder, journal
        raise InputError(_("No run under {runs} is finished; `make local` makes one.").format(runs=runs))
    folder = run_folder.find(runs, name)
    journal = Journal.open(folder.journal)
    if not journal.is_finished(LabellingResult.stage):
        raise InputError(
            _("The labelling of {run} is not over: `make {track} RUN={run}` goes on with it.").format(
                run=folder.run_id, track=journal.track
            )
        )
    return folder, journal


def collect(settings: Settings, console: Console) -> PictureSet:
    """The pictures and labels of a run, as `picture_set.collect`; where RELABEL names a run, with what that one has.

    Labels are taken of pictures that still show the same. Pictures that the model was found wrong on are to be
    labelled, from the boxes that were shown.

    Raises:
        InputError: as `picture_set.collect`; there is no such run, or a class of its labels is not among LABELS.
    """
    if settings.relabel is None:
        return picture_set.collect(settings, console)
    taken = _taken(settings.runs, settings.relabel)
    collected = picture_set.collect(settings, console, taken.pictures if taken.pictures.is_dir() else None)
    now = contents.look(collected)
    there = list(_labelled(taken.labels, settings, collected))
    fitting = list(contents.fitting(there, contents.read(taken.contents) or now, now))
    console.say(
        _("Pictures that have their labels from {run}: {count}.").format(count=len(fitting), run=settings.relabel)
        + (
            " "
            + _("Labelled pictures of that run that fit none of today's: {count}.").format(
                count=len(there) - len(fitting)
            )
            if len(there) > len(fitting)
            else ""
        )
    )
    known = {picture.file_name for picture in fitting}
    proposals = (
        {}
        if not taken.proposals.exists()
        else {
            picture.file_name: picture
            for picture in _labelled(taken.proposals, settings, collected)
            if picture.file_name not in known and picture.file_name in now.pictures
        }
    )
    given = GivenLabels(
        taken.labels, collected.labels, tuple(replace(picture, source=picture.file_name) for picture in fitting)
    )
    again = _suspected(taken, settings.relabel, known) if settings.suspects else ()
    return dataclasses.replace(collected, given=given, goes_on=True, proposals=proposals, again=again)


def _suspected(taken: _Taken, run: str, known: Collection[str]) -> tuple[str, ...]:
    """The names of the labelled pictures that are worth another look, the worst first."""
    found = suspected.read(taken.suspects)
    names = tuple(name for name in found.pictures if name in known) if found else ()
    if not names:
        told = _("Which labels of {run} are worth another look is not known: `make suspects RUN={run}` finds them.")
        raise InputError(told.format(run=run))
    return names


def _labelled(manifest: Path, settings: Settings, collected: PictureSet) -> Iterator[AnnotatedPicture]:
    for picture in ground_truth.read(manifest, labels=collected.labels).pictures:
        for box in picture.boxes:
            if box.label not in collected.labels:
                raise InputError(
                    _('class "{label}" of the labels of {run} is not in LABELS ({labels}); add it there.').format(
                        label=box.label, run=settings.relabel, labels=", ".join(collected.labels)
                    )
                )
        if picture.state is LabelState.LABELLED:
            yield picture


def pictures_folder(runs: Path, relabel: str | None) -> Path | None:
    """Where the pictures are that a run has taken from the one that its RELABEL names, if there are any."""
    folder = _Taken(runs / RELABEL / relabel).pictures if relabel else None
    return folder if folder is not None and folder.is_dir() else None


def _taken(runs: Path, name: str) -> _Taken:
    """What is taken of that run, as it is today where the run is there still."""
    taken = _Taken(runs / RELABEL / name)
    if not RunFolder(runs / name).journal.is_file() and taken.labels.exists():
        return taken
    run, journal = labelled_run(runs, name)
    earlier = pictures_folder(runs, journal.settings.get("relabel"))
    for folder in filter(None, (earlier, run.to_label if run.to_label.is_dir() else None)):
        for picture in pictures_in(folder):
            if not (copy := taken.pictures / picture.name).exists():
                write_atomically(copy, picture.read_bytes())
    files = (
        (run.contents, taken.contents),
        (run.to_label / TO_LABEL_MANIFEST, taken.proposals),
        (run.suspects, taken.suspects),
        # Last: with it all is there.
        (run.output_manifest, taken.labels),
    )
    for file, copy in files:
        if file.exists():
            write_atomically(copy, file.read_bytes())
    return taken
