"""Kind 2: Ground Truth's lines with the labels of several jobs, of other types, or of none; names that disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.annotations.kinds.inputs import NAMES, line, manifest
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike

OTHER = {"annotations": [{"class_id": 0, "left": 50, "top": 40, "width": 9, "height": 9}] * 2}


def with_job(attribute: str, when: str, label: str, **metadata: Any) -> dict[str, Any]:
    """A line of two jobs: pets, and another with two boxes of its own."""
    other = line(
        attribute=attribute, answer=OTHER, metadata={"class-map": {"0": label}, "creation-date": when, **metadata}
    )
    return {**line(), **{key: value for key, value in other.items() if key.startswith(attribute)}}


def test_three_jobs_of_which_two_are_left_out(tmp_path: Path) -> None:
    """Jobs after one another on one manifest, as AWS's page on chaining shows them."""
    both = {**with_job("cars", "2026-02-01T00:00:00", "car"), **with_job("signs", "2026-01-01T00:00:00", "sign")}
    path = manifest(tmp_path, both)
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"cat": 2}
    assert [text.partition(";")[0] for text in told.remarks] == [
        "boxes of the label attribute cars, left out for those of pets: 4",
        "boxes of the label attribute signs, left out for those of pets: 4",
    ]
    told = read_alike(path, tmp_path / "all", pictures(tmp_path / "p", *NAMES), attribute="pets, signs,cars")
    assert (told.boxes, told.remarks) == ({"cat": 2, "sign": 4, "car": 4}, [])


def test_an_attribute_named_twice_counts_once(tmp_path: Path) -> None:
    assert read_alike(manifest(tmp_path, line()), tmp_path / "out", attribute="pets,pets").boxes == {"cat": 2}


def test_an_adjusted_attribute_is_taken_for_the_one_it_adjusts(tmp_path: Path) -> None:
    """An adjustment job (its `adjustment-status`): the older boxes are the same objects."""
    adjusted = with_job("pets-adjusted", "2026-04-01T00:00:00", "cat", **{"adjustment-status": "adjusted"})
    told = read_alike(manifest(tmp_path, adjusted), tmp_path / "out")
    assert told.boxes == {"cat": 4}
    assert told.remarks[0].startswith("boxes of the label attribute pets, left out for those of pets-adjusted: 2")


def test_pictures_that_only_the_older_job_labelled_keep_its_boxes(tmp_path: Path) -> None:
    """A chained job on a part of the pictures."""
    path = manifest(tmp_path, with_job("cars", "2026-05-01T00:00:00", "car"), line("b.jpg"))
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES), labels=("cat", "car"))
    assert told.boxes == {"car": 2, "cat": 1}


def test_labels_of_a_picture_as_a_whole_beside_boxes_are_told_of(tmp_path: Path) -> None:
    """An image classification job on the same manifest, as in AWS's analysis of a classification's output."""
    whole = {"mood": 1, "mood-metadata": {"class-name": "sleepy", "type": "groundtruth/image-classification"}}
    told = read_alike(manifest(tmp_path, line(**whole)), tmp_path / "out")
    assert (told.boxes, told.remarks) == (
        {"cat": 2},
        [
            "lines with labels of the type groundtruth/image-classification (mood), which are no boxes and are left "
            "out: 2"
        ],
    )


def test_video_frames_are_named_as_what_they_are(tmp_path: Path) -> None:
    """Issue 1683 of AWS's samples: a job on the frames of a video, whose labels are in another file."""
    video = {
        "source-ref": "s3://b/frames.json",
        "cars-ref": "s3://b/SeqLabel.json",
        "cars-ref-metadata": {"class-map": {"0": "car"}, "type": "groundtruth/video-object-detection"},
    }
    assert refused_alike(manifest(tmp_path, video), tmp_path / "out") == ["no picture has a box to learn from"]


@pytest.mark.parametrize("metadata", [{"type": None}, {"type": None, "objects": None, "creation-date": None}])
def test_boxes_whose_metadata_say_no_type_are_boxes(tmp_path: Path, metadata: dict[str, Any]) -> None:
    """Manifests made by hand, which follow the part of AWS's example that they need."""
    told = read_alike(manifest(tmp_path, line(metadata=metadata)), tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert (told.boxes, told.remarks) == (
        {"cat": 2},
        ["lines whose labels (pets) have no metadata that say their type, taken as bounding boxes: 2"],
    )


def test_boxes_without_any_metadata_need_the_names_of_the_classes(tmp_path: Path) -> None:
    bare = {key: value for key, value in line().items() if not key.endswith("-metadata")}
    path = manifest(tmp_path, bare)
    (error, *_rest) = refused_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert error == (
        "class_id 0 is not in the line's class-map; name all classes, in the order of their ids (--labels, LABELS)"
    )
    assert read_alike(path, tmp_path / "named", labels=("cat",)).boxes == {"cat": 2}


def test_a_verification_in_ones_own_words_is_told_of_and_a_good_one_is_not(tmp_path: Path) -> None:
    """Its classes are anybody's: AWS's page has "Good" and "Bad", a sample "Correct" and "Incorrect"."""
    for name, told_of in (("Bad", 1), ("bounding box too loose", 1), ("Good", 0), ("CORRECT", 0)):
        verified = {"check": 0, "check-metadata": {"class-name": name, "type": "groundtruth/label-verification"}}
        told = read_alike(manifest(tmp_path, line(**verified)), tmp_path / name)
        assert (told.boxes, len(told.remarks)) == ({"cat": 2}, told_of), name


def test_one_class_id_with_two_names_says_a_remedy_that_works(tmp_path: Path) -> None:
    """Ids that two files counted differently, put together into one manifest: 0 is a cat here and a dog there."""
    path = manifest(tmp_path, line(), line("b.jpg", metadata={"class-map": {"0": "dog"}}))
    (error, *_rest) = refused_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert "LABELS=dog=cat" in error
    assert "LABELS=cat,dog" in error
    images = pictures(tmp_path / "p", *NAMES)
    assert read_alike(path, tmp_path / "one", images, labels=("dog=cat",)).boxes == {"cat": 2}
    assert read_alike(path, tmp_path / "two", images, labels=("cat", "dog")).boxes == {"cat": 1, "dog": 1}


def test_a_mistyped_attribute_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = manifest(tmp_path, with_job("cars", "2026-02-01T00:00:00", "car"))
    (error, *_rest) = refused_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES), attribute="pet")
    assert error == "no line has the label attribute pet; there are: cars, pets"
