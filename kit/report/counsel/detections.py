"""What the detections on the held-out pictures show. Every function is a rule: the finding, or None."""

from __future__ import annotations

import math

from kit.detection.verdicts import IOU, JudgedPicture, intersection_over_union
from kit.language import _
from kit.report.counsel import commands
from kit.report.counsel.evidence import Evidence
from kit.report.counsel.finding import Finding

# A score over fewer pictures, or that may be off by more, says little.
FEWEST_PICTURES, WIDEST = 20, 0.15
# Of the boxes that are right or missed, how many two classes are mixed up in before it is worth a word.
FEWEST_MIXED_UP, MIXED_UP_SHARE = 3, 0.04
# How much less of the smallest third of the objects is found.
SMALL_GAP, FEWEST_SMALL_MISSED = 0.2, 3
# Above it a model that is mostly right may be more right than the label.
SURE, SOUND_MAP, MOST_NAMED = 0.7, 0.5, 10
_LARGEST_INPUT, _USUAL_INPUT, _INPUT_STEP = 1024, 256, 32


def nothing_to_score(evidence: Evidence) -> Finding | None:
    if evidence.scoring.map50 is not None:
        return None
    return Finding(
        "nothing-to-score",
        _("No labelled picture was kept apart from training, so nothing says how good the model is."),
        _("Label at least five pictures with an object on them; a part of them, HELD_OUT, is then kept for the score."),
        commands.with_more_pictures(evidence),
    )


def few_pictures(evidence: Evidence) -> Finding | None:
    interval, count = evidence.interval, evidence.scoring.pictures
    if interval is None or (count >= FEWEST_PICTURES and interval.width <= WIDEST):
        return None
    return Finding(
        "few-pictures",
        _(
            "The score rests on few pictures (here {count}). On others of the same kind it may well be anything from "
            "{low:.2f} to {high:.2f}: runs that differ by less than that cannot be told apart."
        ).format(count=count, low=interval.low, high=interval.high),
        _("Photograph and label more pictures, or keep a larger part of them for the score with HELD_OUT."),
        commands.with_more_pictures(evidence),
    )


def mixed_up(evidence: Evidence) -> Finding | None:
    tally = evidence.tally
    count, one, other = next(iter(tally.mixed_up), (0, "", ""))
    if count < max(FEWEST_MIXED_UP, MIXED_UP_SHARE * (tally.right + tally.missed)):
        return None
    size = _larger_input(evidence)
    return Finding(
        "mixed-up",
        _("{one} and {other} are taken for one another {count} times.").format(one=one, other=other, count=count),
        _(
            "Give the model more to tell them apart by: pictures of both from near, and from the side on which they "
            "differ. A larger IMAGE_SIZE shows it finer detail and takes longer."
        )
        if size
        else _(
            "Give the model more to tell them apart by: pictures of both from near, and from the side on which they "
            "differ."
        ),
        commands.again(evidence, image_size=size) if size else commands.with_more_pictures(evidence),
    )


def small_missed(evidence: Evidence) -> Finding | None:
    threshold = evidence.detection.threshold
    boxes = sorted(
        (
            math.sqrt(box.width * box.height / (judged.picture.width * judged.picture.height)),
            not _is_found(at, threshold),
        )
        for judged in evidence.judged
        for box, at in zip(judged.picture.boxes, judged.found_at, strict=True)
    )
    small, others = boxes[: len(boxes) // 3], boxes[len(boxes) // 3 :]
    missed, missed_of_others = (sum(is_missed for _side, is_missed in each) for each in (small, others))
    if missed < FEWEST_SMALL_MISSED or missed / len(small) < missed_of_others / len(others) + SMALL_GAP:
        return None
    size = _larger_input(evidence)
    return Finding(
        "small-missed",
        _(
            "Small objects are missed: of the smallest third, below {side} of the picture's side, {found} of "
            "{count} are found, of the others {found_of_others} of {others}."
        ).format(
            side=f"{100 * small[-1][0]:.0f} %",
            found=len(small) - missed,
            count=len(small),
            found_of_others=len(others) - missed_of_others,
            others=len(others),
        ),
        _("Let the model see the pictures larger, or photograph from nearer.")
        if size
        else _("Photograph from nearer, or cut the pictures into parts."),
        commands.again(evidence, image_size=size) if size else commands.with_more_pictures(evidence),
    )


def labels_to_check(evidence: Evidence) -> Finding | None:
    """Of one's own pictures only: the samples' boxes are computed with the pictures, so that none can be wrong."""
    if evidence.samples or (evidence.scoring.map50 or 0) < SOUND_MAP:
        return None
    doubts = sorted((doubt for judged in evidence.judged for doubt in _doubts(judged)), reverse=True)
    if not doubts:
        return None
    return Finding(
        "labels-to-check",
        _("Labels worth another look, as the model is sure of something else: {count}.").format(count=len(doubts)),
        _("Draw the labels and look at these pictures; where the label is wrong, correct it and run again."),
        commands.draw(evidence),
        tuple(text for _score, text in doubts[:MOST_NAMED]),
    )


def _doubts(judged: JudgedPicture) -> list[tuple[float, str]]:
    found = []
    for each, right in zip(judged.detections, judged.right, strict=True):
        if right or each.score < SURE:
            continue
        on = [box for box in judged.picture.boxes if intersection_over_union(box, each.box) >= IOU]
        if any(box.label == each.box.label for box in on):
            continue  # found twice
        name, score = judged.picture.file_name, f"{each.score:.2f}"
        if on:
            text = _("{picture}: labelled {label}, looks like {found} ({score})").format(
                picture=name, label=on[0].label, found=each.box.label, score=score
            )
        else:
            text = _("{picture}: {found} ({score}) where nothing is labelled").format(
                picture=name, found=each.box.label, score=score
            )
        found.append((each.score, text))
    return found


def _is_found(score: float | None, threshold: float) -> bool:
    return score is not None and score >= threshold


def _larger_input(evidence: Evidence) -> int | None:
    """The next IMAGE_SIZE worth trying; None where the model's input is what it is."""
    now = int(evidence.training.hyperparameters.get("image-size", evidence.settings.get("image_size") or _USUAL_INPUT))
    larger = min(_LARGEST_INPUT, round(1.5 * now / _INPUT_STEP) * _INPUT_STEP)
    return larger if evidence.own_detector and larger > now else None
