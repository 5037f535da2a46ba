"""Did it work, how good is it, what now: the run in words for those who see one for the first time."""

from __future__ import annotations

from dataclasses import dataclass

from kit.language import _, marked
from kit.report.counsel import commands, detections, notes, training
from kit.report.counsel.evidence import Evidence
from kit.report.counsel.finding import Finding

# From which F1 up which word.
_GRADES = (
    (0.9, marked("Very good")),
    (0.75, marked("Good")),
    (0.5, marked("Fair")),
    (0.25, marked("Weak")),
    (0.0, marked("Not yet of use")),
)
# The most important first.
_FAULTS = (
    detections.nothing_to_score,
    training.too_few_epochs,
    training.by_heart,
    training.overfitting,
    training.loss_still_falling,
    training.rare_classes,
    detections.small_missed,
    detections.mixed_up,
    detections.labels_to_check,
    detections.few_pictures,
)
_NOTES = (notes.not_trained_on, notes.not_labelled, notes.left_out)


@dataclass(frozen=True)
class Verdict:
    """The run in words.

    Attributes:
        grade: one or two words.
        sentences: how good it is.
        advice: what to do, the most important first.
        notes: what is to be known of the numbers.
    """

    grade: str
    sentences: tuple[str, ...]
    advice: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def of(evidence: Evidence) -> Verdict:
    faults = [finding for rule in _FAULTS if (finding := rule(evidence))]
    known = tuple(finding for rule in _NOTES if (finding := rule(evidence)))
    grade, sentences = _how_good(evidence)
    return Verdict(
        grade, sentences, (*faults, _next(evidence)) if evidence.samples or not faults else tuple(faults), known
    )


def _how_good(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    if evidence.scoring.map50 is None:
        return _("Nobody knows"), (_("No labelled picture was held out, so there is no score."),)
    tally = evidence.tally
    boxes, shown = tally.right + tally.missed, tally.right + tally.wrong
    f1 = 2 * tally.right / (boxes + shown)
    grade = next(name for lowest, name in _GRADES if f1 >= lowest)
    sentences = [_found(tally.right, boxes), _wrong(tally.wrong, shown)]
    count, one, other = next(iter(tally.mixed_up), (0, "", ""))
    if count > 1:
        sentences.append(
            _("It mixes up {one} and {other} most, {count} times.").format(one=one, other=other, count=count)
        )
    return _(grade), tuple(filter(None, sentences))


def _found(right: int, boxes: int) -> str:
    if right == boxes:
        return _("It finds every object, all {boxes} of them.").format(boxes=boxes)
    tenths = round(10 * right / boxes)
    if tenths == 10:
        return _("It finds nearly every object: {right} of {boxes}.").format(right=right, boxes=boxes)
    if tenths == 0:
        return _("It finds hardly any object: {right} of {boxes}.").format(right=right, boxes=boxes)
    return _("It finds {tenths} of 10 objects ({right} of {boxes}).").format(tenths=tenths, right=right, boxes=boxes)


def _wrong(wrong: int, shown: int) -> str:
    if not shown:
        return ""
    if not wrong:
        return _("Every box that it draws is right.")
    tenths = round(10 * wrong / shown)
    if tenths == 0:
        return _("Hardly any box that it draws is wrong: {wrong} of {shown}.").format(wrong=wrong, shown=shown)
    if tenths == 10:
        return _("Nearly every box that it draws is wrong: {wrong} of {shown}.").format(wrong=wrong, shown=shown)
    if tenths == 1:
        return _("Of 10 boxes that it draws, one is wrong ({wrong} of {shown}).").format(wrong=wrong, shown=shown)
    return _("Of 10 boxes that it draws, {tenths} are wrong ({wrong} of {shown}).").format(
        tenths=tenths, wrong=wrong, shown=shown
    )


def _next(evidence: Evidence) -> Finding:
    """What to do next, faults aside."""
    if evidence.samples:
        return Finding(
            "renders",
            _(
                "The sample pictures are computed, not photographed: the score says nothing of photographs of real "
                "plugs."
            ),
            _("Try it with photographs of your own, in a folder of yours in place of my-photos."),
            commands.with_more_pictures(evidence),
        )
    return Finding(
        "on-aws",
        _("Nothing stands out that would make it better."),
        _("See what the same would cost on AWS; this makes nothing and spends nothing."),
        "make cloud PLAN=1",
    )
