"""What is to be known of a run's numbers, though nothing is wrong. Every function is a rule: the finding, or None."""

from __future__ import annotations

from kit.language import _
from kit.report.counsel import commands
from kit.report.counsel.evidence import Evidence
from kit.report.counsel.finding import Finding


def not_trained_on(evidence: Evidence) -> Finding | None:
    labelled, trained = evidence.labelling.labelled, evidence.conversion.train_images
    held_out = len(evidence.conversion.held_out)
    without_box = labelled - held_out - trained
    reasons = [
        *([_("{count} have no object on them, and training takes only pictures with one")] if without_box else []),
        *([_("{held_out} were kept for the score")] if held_out else []),
    ]
    if not reasons:
        return None
    return Finding(
        "not-trained-on",
        _("{labelled} pictures are labelled, {trained} were trained on: {reasons}.").format(
            labelled=labelled,
            trained=trained,
            reasons=_("; ").join(reason.format(count=without_box, held_out=held_out) for reason in reasons),
        ),
        "",
    )


def left_out(evidence: Evidence) -> Finding | None:
    remarks = evidence.pictures.left_out
    if not remarks:
        return None
    return Finding(
        "left-out",
        _("Pictures that cannot be used and were left out: {count}.").format(count=len(remarks)),
        _("Mend or replace them, and run again."),
        commands.with_more_pictures(evidence),
        tuple(map(str, remarks)),
    )


def not_labelled(evidence: Evidence) -> Finding | None:
    """Pictures that people skipped, or did not come to."""
    count = evidence.pictures.images - evidence.labelling.labelled
    if count <= 0:
        return None
    return Finding(
        "not-labelled",
        _("Pictures without labels: {count} of {total}; nothing was learned from them.").format(
            count=count, total=evidence.pictures.images
        ),
        "",
    )
