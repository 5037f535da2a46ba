"""ASSIST: who draws first when people label."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import InputError
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.beside.assistant import Assistance, KnownModel
from kit.run.picture_set import PictureSet
from kit.run.trained_model import model_of
from kit.settings import Settings
from kit.training_settings import hyperparameters

_NOBODY, _ONE_THAT_LEARNS = "0", "1"


def assistance(settings: Settings, pictures: PictureSet) -> Assistance | None:
    """How those who label are helped; None for not at all, as where they have boxes to begin from already.

    Raises:
        InputError: the run whose model is to propose is not there, has no model of the kit's own, or one that knows
            none of the classes.
    """
    if settings.assist == _NOBODY or pictures.proposals or pictures.again:
        return None
    how = Assistance(environments.TRAIN, environments.SERVE, hyperparameters(settings))
    if settings.assist in (None, _ONE_THAT_LEARNS):
        return how
    model = model_of(settings.runs, settings.assist)
    if not set(model.labels) & set(pictures.labels):
        raise InputError(
            _("ASSIST={run}: its model knows {known}, and none of {labels}; name another run.").format(
                run=settings.assist, known=", ".join(model.labels), labels=", ".join(pictures.labels)
            )
        )
    return replace(how, model=KnownModel(model.artifact, model.labels, model.threshold))
