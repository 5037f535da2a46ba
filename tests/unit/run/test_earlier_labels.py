"""What `make relabel` takes of an earlier run: labels of pictures that still show the same, and nothing else."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import cv2
import pytest

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.console import Console
from kit.detection.suspects import Reason, Suspect
from kit.errors import InputError
from kit.run import contents, earlier_labels, picture_set, suspected
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import SAMPLES, PictureSet
from kit.run.removal import remove
from kit.run.results import CleanUpResult, LabellingResult
from kit.run.suspected import Suspected
from kit.settings import Settings

CLASSES = ("usb-a", "usb-c")
NAMES = ("a.jpg", "b.jpg", "c.jpg")
PHOTOGRAPHS = sorted((SAMPLES / "train").glob("*.jpg"))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run whose three pictures have each a box; of the first one corner is 10, of the second 20."""
    images = tmp_path / "images"
    images.mkdir()
    for name, photograph in zip(NAMES, PHOTOGRAPHS, strict=False):
        shutil.copy(photograph, images / name)
    folder = RunFolder(tmp_path / "runs" / "20261122-120000-local")
    folder.results.mkdir(parents=True)
    journal = Journal(folder.journal, folder.run_id, "local", {"images": str(images), "labels": list(CLASSES)})
    journal.begin(LabellingResult.stage)
    journal.finish(LabellingResult.stage, 1.0, LabellingResult("s3://b/m", 3, 3, {}, {"labelled": 3}))
    labels = [
        AnnotatedPicture(f"s3://b/{name}", 640, 480, (BoundingBox("usb-a", corner, 20, 110, 120),))
        for name, corner in zip(NAMES, (10, 20, 30), strict=True)
    ]
    ground_truth.write(folder.output_manifest, AnnotationStream(CLASSES, iter(labels)))
    settings = Settings(runs=tmp_path / "runs", images=images, labels=CLASSES)
    contents.write(folder.contents, contents.look(picture_set.collect(settings, Console())))
    return folder


def collected(run: RunFolder, labels: tuple[str, ...] = CLASSES, *, suspects: bool = False) -> PictureSet:
    runs = run.path.parent
    how = Settings(runs=runs, images=runs.parent / "images", labels=labels, labeler="human", relabel=run.run_id)
    settings = dataclasses.replace(how, suspects=suspects)
    return earlier_labels.collect(settings, Console())


def lefts(pictures: PictureSet) -> dict[str, float]:
    assert pictures.given is not None
    return {picture.source: picture.boxes[0].left for picture in pictures.given.pictures}


def test_labels_of_pictures_that_show_the_same_are_taken(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    images = run.path.parents[1] / "images"
    shutil.copy(PHOTOGRAPHS[5], images / "b.jpg")
    small = cv2.resize(cv2.imread(str(images / "c.jpg")), (320, 240), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(images / "c.jpg"), small)
    shutil.copy(PHOTOGRAPHS[6], images / "d.jpg")
    pictures = collected(run)
    assert lefts(pictures) == {"a.jpg": 10, "c.jpg": 15}
    assert [picture.name for picture in pictures.pictures] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert pictures.needs_labelling
    said = capsys.readouterr().out
    assert (
        "Pictures that have their labels from 20261122-120000-local: 2. "
        "Labelled pictures of that run that fit none of today's: 1."
    ) in said


def test_pictures_found_wrong_join_with_their_boxes_as_proposals(run: RunFolder) -> None:
    run.to_label.mkdir()
    shutil.copy(PHOTOGRAPHS[7], run.to_label / "cat-0a1b2c3d.jpg")
    shown = AnnotatedPicture("cat-0a1b2c3d.jpg", 640, 480, (BoundingBox("usb-c", 1, 2, 30, 40),))
    ground_truth.write(run.to_label / "output.manifest", AnnotationStream(CLASSES, iter([shown])))
    pictures = collected(run)
    assert [picture.name for picture in pictures.pictures] == [*NAMES, "cat-0a1b2c3d.jpg"]
    assert lefts(pictures).keys() == set(NAMES), "shown boxes are nobody's label"
    assert pictures.proposals["cat-0a1b2c3d.jpg"].boxes[0].label == "usb-c"


def test_of_the_suspects_of_a_run_the_worst_comes_first(run: RunFolder) -> None:
    box = BoundingBox("usb-a", 20, 20, 110, 120)
    worst_first = [Suspect(name, Reason.EDGES, 0.5, box, None) for name in ("c.jpg", "gone.jpg", "a.jpg", "b.jpg")]
    # Of twenty labels three are worth another look.
    suspected.write(run.suspects, Suspected(20, tuple(worst_first)))
    pictures = collected(run, suspects=True)
    assert pictures.again == ("c.jpg", "a.jpg")
    assert lefts(pictures).keys() == set(NAMES)
    assert collected(run).again == ()


def test_suspects_that_nobody_has_looked_for_are_told_with_what_to_do(run: RunFolder) -> None:
    with pytest.raises(InputError, match=r"`make suspects RUN=20261122-120000-local` finds them"):
        collected(run, suspects=True)


def test_the_earlier_run_is_needed_no_more_once_it_was_taken(run: RunFolder) -> None:
    run.to_label.mkdir()
    shutil.copy(PHOTOGRAPHS[7], run.to_label / "cat-0a1b2c3d.jpg")
    runs = run.path.parent
    later = RunFolder(runs / "20261123-120000-local")
    later.path.mkdir()
    Journal(later.journal, later.run_id, "local", {"relabel": run.run_id}).save()
    before = collected(run)
    remove(run)
    after = collected(run)
    assert lefts(after) == lefts(before)
    assert len(after.pictures) == 4
    remove(later)
    assert not list((runs / "relabel").iterdir()), "nothing is left of what no run goes on from"


def test_a_class_that_is_not_in_labels_is_told(run: RunFolder) -> None:
    with pytest.raises(InputError, match=r'class "usb-a" of the labels of .* is not in LABELS \(usb-c\)'):
        collected(run, labels=("usb-c",))


def test_classes_may_be_added(run: RunFolder) -> None:
    assert collected(run, labels=("lightning", *CLASSES)).labels == ("lightning", "usb-a", "usb-c")


def test_a_run_that_is_not_labelled_to_its_end_is_refused(run: RunFolder) -> None:
    Journal(run.journal, run.run_id, "local", {}).save()
    with pytest.raises(InputError, match=r"not over: `make local RUN=20261122-120000-local` goes on"):
        collected(run)


def test_without_a_name_it_is_the_newest_finished_one(run: RunFolder) -> None:
    with pytest.raises(InputError, match="is finished"):
        earlier_labels.labelled_run(run.path.parent, None)
    journal = Journal.open(run.journal)
    journal.begin(CleanUpResult.stage)
    journal.finish(CleanUpResult.stage, 1.0, CleanUpResult(()))
    assert earlier_labels.labelled_run(run.path.parent, None)[0] == run
