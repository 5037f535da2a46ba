"""What the labels and the training show. Every function is a rule: the finding, or None."""

from __future__ import annotations

from statistics import fmean

from kit.language import _
from kit.report.counsel import commands
from kit.report.counsel.evidence import Evidence
from kit.report.counsel.finding import Finding

# Fewer boxes, or so much fewer than of the most frequent class, are too few to learn one by.
FEWEST_BOXES, RARE_SHARE = 10, 0.25
# The loss still falls when the mean of the last fifth of the epochs is so much below that of the fifth before.
FALLING, GOOD_MAP = 0.93, 0.95
# The validation loss has risen when it ends so much above its lowest.
RISEN = 1.1
# What was learned by heart: this low a loss on the pictures trained on, and this low a score on others.
BY_HEART_LOSS, BY_HEART_MAP = 0.25, 0.5
TRAIN, VALIDATION = "Train_Loss", "Val_CrossEntropy"


def rare_classes(evidence: Evidence) -> Finding | None:
    counts = evidence.labelling.boxes_by_label
    most = max(counts.values(), default=0)
    rare = {label: count for label, count in counts.items() if count < max(FEWEST_BOXES, RARE_SHARE * most)}
    if not rare:
        return None
    named = ", ".join(f"{label} ({count})" for label, count in rare.items())
    return Finding(
        "rare-classes",
        _("There are too few boxes to learn some classes by: {classes}; the most frequent has {most}.").format(
            classes=named, most=most
        ),
        _("Photograph and label more of these, at least {count} of each.").format(count=3 * FEWEST_BOXES),
        commands.with_more_pictures(evidence),
    )


def loss_still_falling(evidence: Evidence) -> Finding | None:
    losses = [entry[TRAIN] for entry in evidence.training.history if TRAIN in entry]
    if len(losses) < commands.FEWEST_EPOCHS or (evidence.scoring.map50 or 0) >= GOOD_MAP:
        return None
    part = max(1, len(losses) // 5)
    before, last = fmean(losses[-2 * part : -part]), fmean(losses[-part:])
    if last > FALLING * before:
        return None
    return Finding(
        "loss-still-falling",
        _("The training loss was still falling at the end, from {before:.3g} to {last:.3g}.").format(
            before=before, last=last
        ),
        _("More epochs may make it better; it takes as much longer."),
        commands.again(evidence, epochs=2 * evidence.training.epochs),
    )


def too_few_epochs(evidence: Evidence) -> Finding | None:
    count = evidence.training.epochs
    if count >= commands.FEWEST_EPOCHS or (evidence.scoring.map50 or 0) >= GOOD_MAP:
        return None
    epochs = evidence.defaults["epochs"]
    return Finding(
        "too-few-epochs",
        _("EPOCHS={count} is enough for a try, but the model has hardly begun to learn.").format(count=count),
        _("Train for {epochs} epochs, as by default.").format(epochs=epochs),
        commands.again(evidence, epochs=epochs),
    )


def overfitting(evidence: Evidence) -> Finding | None:
    """Seen on pictures that were not trained on; where there were none, `by_heart` is what can be said."""
    history = [entry for entry in evidence.training.history if TRAIN in entry and VALIDATION in entry]
    if len(history) < commands.FEWEST_EPOCHS or evidence.training.validation_pictures == 0:
        return None
    best = min(history, key=lambda entry: entry[VALIDATION])
    last = history[-1]
    if last[VALIDATION] < RISEN * best[VALIDATION] or last[TRAIN] >= best[TRAIN]:
        return None
    kept = _(" The detector of this kit keeps its best epoch, so nothing is lost but time.")
    return Finding(
        "overfitting",
        _(
            "From epoch {epoch:g} on the model learned its pictures by heart: the validation loss rose from {best:.3g} "
            "to {last:.3g} while the training loss fell."
        ).format(epoch=best["epoch"], best=best[VALIDATION], last=last[VALIDATION])
        + (kept if evidence.own_detector else ""),
        _("Stop there, and give it more pictures, or more different ones."),
        commands.again(evidence, epochs=max(1, round(best["epoch"]))),
    )


def by_heart(evidence: Evidence) -> Finding | None:
    losses = [entry[VALIDATION] for entry in evidence.training.history if VALIDATION in entry]
    score = evidence.scoring.map50
    if evidence.training.validation_pictures != 0 or not losses or score is None or score >= BY_HEART_MAP:
        return None
    if losses[-1] > BY_HEART_LOSS:
        return None
    return Finding(
        "by-heart",
        _(
            "The model knows the pictures that it was trained on by heart (Val_CrossEntropy {loss:.2g}, taken on "
            "these), but does not do well on others (mAP@0.5 {score:.2f})."
        ).format(loss=losses[-1], score=score),
        _("More epochs do not help; more pictures do, and more different ones: places, light, distances."),
        commands.with_more_pictures(evidence),
    )
