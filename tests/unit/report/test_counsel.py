"""Counsel on runs that are made to have each fault, and its commands, which have to be whole."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable
from functools import partial

import pytest

from kit.report.counsel import commands, verdict
from kit.report.counsel.evidence import Evidence
from kit.report.counsel.finding import Finding
from kit.run.remark import Remark
from kit.run.results import ConversionResult, LabellingResult, PicturesResult
from tests.docs.test_docs import problem_of
from tests.unit.report.runs import DEFAULTS, LABELS, TRAINED, all_found, box, evidence, losses, picture

RELABELLED = "make local IMAGES=/photos ANNOTATIONS=runs/r1/results/output.manifest"
MORE = "make relabel RUN=r1"
SAMPLES = {**DEFAULTS}


def trained(**changes: object) -> dict[str, object]:
    return {"training": dataclasses.replace(TRAINED, **changes)}  # type: ignore[arg-type]


def labelled(**boxes: int) -> dict[str, object]:
    return {"labelling": LabellingResult("s3://b/m", 100, sum(boxes.values()), boxes, {"labelled": 100})}


def confused(times: int) -> Evidence:
    boxes = [box("cat", 0), box("dog", 1)]
    wrong = [picture(boxes, [(box("dog", 0), 0.6), (box("dog", 1), 0.9)], f"x{number}.jpg") for number in range(times)]
    return evidence([*all_found(40 - times), *wrong])


def small_ones(missed: int) -> Evidence:
    """Every picture has a large object, which is found, and a small one."""
    pictures = []
    for number in range(90):
        large, small = box("cat", 0, 140), box("dog", 1, 12)
        found = [(large, 0.9), *([(small, 0.9)] if number >= missed else [])]
        pictures.append(
            picture([large, large_too := box("cat", 6, 140), small], [*found, (large_too, 0.9)], f"{number}.jpg")
        )
    return evidence(pictures)


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [finding.name for finding in findings]
    return findings[0]


@pytest.mark.parametrize(
    ("run", "name", "figures", "command"),
    [
        (partial(evidence, map50=None), "nothing-to-score", (), MORE),
        (partial(evidence, all_found(8)), "few-pictures", ("8",), MORE),
        (partial(evidence, **labelled(cat=100, dog=6)), "rare-classes", ("dog (6)", "100"), MORE),
        (partial(small_ones, missed=30), "small-missed", ("60 of 90", "180 of 180"), f"{RELABELLED} IMAGE_SIZE=384"),
        (partial(confused, 9), "mixed-up", ("cat", "dog", "9 times"), f"{RELABELLED} IMAGE_SIZE=384"),
        (
            partial(evidence, map50=0.8, **trained(history=losses([9 - 0.3 * n for n in range(30)], [1.0] * 30))),
            "loss-still-falling",
            ("2.85", "1.05"),
            f"{RELABELLED} EPOCHS=60",
        ),
        (
            partial(evidence, map50=0.3, **trained(epochs=1, history=losses([3], [1]))),
            "too-few-epochs",
            ("1",),
            RELABELLED,
        ),
        (
            partial(
                evidence,
                map50=0.8,
                **trained(history=losses([2, 1, 0.6, 0.5, 0.5, 0.49, 0.49, 0.48], [2, 1.2, 0.9, 1, 1, 1.1, 1.2, 1.3])),
            ),
            "overfitting",
            ("epoch 3", "0.9", "1.3"),
            f"{RELABELLED} EPOCHS=3",
        ),
        (
            partial(evidence, map50=0.1, **trained(validation_pictures=0, history=losses([1.0] * 9, [0.1] * 9))),
            "by-heart",
            ("0.1", "0.10"),
            MORE,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "make" not in value else "",
)
def test_each_fault_is_seen_with_its_figures_and_the_command(
    run: Callable[[], Evidence], name: str, figures: tuple[str, ...], command: str
) -> None:
    finding = only(verdict.of(run()).advice)
    assert (finding.name, finding.command) == (name, command)
    assert [figure for figure in figures if figure not in finding.what] == []
    assert finding.todo
    assert problem_of(command) == ""


def test_a_run_without_faults_is_left_in_peace_and_pointed_to_the_next_step() -> None:
    finding = only(verdict.of(evidence()).advice)
    assert (finding.name, finding.command) == ("on-aws", "make cloud PLAN=1")


@pytest.mark.parametrize(
    "run",
    [
        partial(confused, 1),
        partial(small_ones, missed=4),
        partial(evidence, **labelled(cat=100, dog=30)),
        partial(evidence, map50=0.1, **trained(validation_pictures=0, history=losses([1.0] * 9, [0.9] * 9))),
        # Falls less and less.
        partial(
            evidence, map50=0.8, **trained(history=losses([3, 2, 1.5, 1.3, 1.2, 1.15, 1.12, 1.1, 1.09, 1.08], [1] * 10))
        ),
        # Nobody knows what it is of: but it does not rise.
        partial(evidence, **trained(validation_pictures=None)),
    ],
)
def test_what_is_within_bounds_is_no_fault(run: Callable[[], Evidence]) -> None:
    assert only(verdict.of(run()).advice).name == "on-aws"


def test_labels_worth_another_look_are_named_surest_first() -> None:
    doubted = [
        picture([box("cat", 0)], [(box("dog", 0), 0.8)], "swapped.jpg"),
        picture([box("cat", 0)], [(box("cat", 0), 0.9), (box("dog", 3), 0.95)], "forgotten.jpg"),
        picture([box("cat", 0)], [(box("cat", 0), 0.9), (box("cat", 0, 39), 0.85)], "twice.jpg"),
        picture([box("cat", 0)], [(box("dog", 0), 0.4)], "unsure.jpg"),
    ]
    finding = only(verdict.of(evidence([*all_found(60), *doubted])).advice)
    assert finding.details == (
        "forgotten.jpg: dog (0.95) where nothing is labelled",
        "swapped.jpg: labelled cat, looks like dog (0.80)",
    )
    assert finding.command == (".venvs/kit/bin/kit draw runs/r1/results/held_out.coco.json drawn --images /photos")
    assert problem_of(finding.command) == ""
    weak = evidence([*all_found(60), *doubted], map50=0.3)
    assert "labels-to-check" not in [each.name for each in verdict.of(weak).advice], "a poor model knows no better"


def test_of_the_samples_it_is_said_that_they_are_computed() -> None:
    run = evidence(settings=SAMPLES)
    finding = only(verdict.of(run).advice)
    assert (finding.name, finding.command) == ("renders", "make local IMAGES=my-photos LABELS=cat,dog")


def test_why_fewer_were_trained_on_than_labelled_and_what_was_left_out() -> None:
    run = evidence(
        pictures=PicturesResult("b", 50, LABELS, (Remark("c.jpg", "the picture is damaged"),)),
        labelling=LabellingResult("s3://b/m", 45, 90, dict.fromkeys(LABELS, 45), {"labelled": 45, "unlabelled": 5}),
        conversion=ConversionResult(33, 80, tuple("abcdefghij")),
    )
    notes = {note.name: note for note in verdict.of(run).notes}
    assert notes["not-trained-on"].what == (
        "45 pictures are labelled, 33 were trained on: 2 have no object on them, and training takes only pictures with "
        "one; 10 were kept for the score."
    )
    assert notes["not-labelled"].what.startswith("Pictures without labels: 5 of 50")
    assert notes["left-out"].details == ("c.jpg: the picture is damaged",)
    assert verdict.of(evidence(conversion=ConversionResult(100, 200, ()))).notes == ()


@pytest.mark.parametrize(
    ("judged", "grade", "sentences"),
    [
        (all_found(20), "Very good", ("It finds every object, all 40 of them.", "Every box that it draws is right.")),
        (
            [*all_found(18), picture([box("cat", 0), box("dog", 1)], [(box("dog", 0), 0.9), (box("cat", 1), 0.8)])] * 2,
            "Very good",
            (
                "It finds 9 of 10 objects (72 of 76).",
                "Of 10 boxes that it draws, one is wrong (4 of 76).",
                "It mixes up cat and dog most, 4 times.",
            ),
        ),
        ([picture([box("cat", 0)], [])] * 3, "Not yet of use", ("It finds hardly any object: 0 of 3.",)),
        (
            [picture([box("cat", 0)], [(box("cat", 0), 0.9), (box("cat", 4), 0.8), (box("cat", 7), 0.8)])] * 9,
            "Fair",
            ("It finds every object, all 9 of them.", "Of 10 boxes that it draws, 7 are wrong (18 of 27)."),
        ),
    ],
)
def test_the_verdict_is_in_words_that_need_no_explaining(judged: list, grade: str, sentences: tuple[str, ...]) -> None:
    found = verdict.of(evidence(judged))
    assert (found.grade, found.sentences) == (grade, sentences)


def test_a_run_that_began_from_the_labels_of_another_is_gone_on_from_in_the_same_way() -> None:
    """Some of its pictures are of no folder that IMAGES names."""
    run = evidence(map50=0.3, **labelled(cat=9, dog=9))
    run = dataclasses.replace(run, settings={**run.settings, "relabel": "r0"})
    assert commands.again(run, epochs=50) == "make relabel RUN=r1 EPOCHS=50"


def test_a_command_is_whole_and_can_be_pasted() -> None:
    settings = {**DEFAULTS, "images": "/my photos", "labels": ["red fox", "cat"], "epochs": 5, "image_size": 320}
    run = evidence(map50=0.3, **trained(epochs=5, hyperparameters={"image-size": "320"}), **labelled(cat=9, dog=9))
    run = dataclasses.replace(run, settings=settings, target="cloud")
    command = verdict.of(run).advice[0].command
    assert shlex.split(command) == [
        "make", "cloud", "IMAGES=/my photos", "LABELS=red fox,cat", "EPOCHS=5", "IMAGE_SIZE=320"
    ]  # fmt: skip


def test_jumpstart_is_not_told_of_settings_that_it_does_not_take() -> None:
    """Its SSD has one size of input."""
    run = dataclasses.replace(
        confused(9), target="cloud", settings={**SAMPLES, "images": "/photos", "trainer": "jumpstart"}
    )
    finding = only(verdict.of(run).advice)
    assert finding.name == "mixed-up"
    assert "IMAGE_SIZE" not in finding.todo + finding.command
