"""What pictures a training's validation loss is of: without it a low one is taken for a good model."""

from __future__ import annotations

from kit.language import _
from kit.run.results import TrainingResult


def legend(result: TrainingResult) -> str:
    """What the validation loss is of, for a legend; empty where the training does not say."""
    if result.validation_pictures is None:
        return ""
    if not result.validation_pictures:
        return _("of pictures trained on")
    return _("of {count} pictures not trained on").format(count=result.validation_pictures)


def sentence(result: TrainingResult) -> str:
    """The same for those who read on."""
    if result.validation_pictures is None:
        return _("The training's log does not say on which pictures the validation loss was taken.")
    if not result.validation_pictures:
        return _(
            "There were too few pictures to keep some for validation: Val_CrossEntropy is of pictures trained on. It "
            "shows that the model learns, not how well it does on pictures that it has not seen; that the score says."
        )
    return _(
        "Val_CrossEntropy is of {count} labelled pictures that were not trained on. They chose the epoch that was "
        "kept, so the score is taken on yet others."
    ).format(count=result.validation_pictures)
