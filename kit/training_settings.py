"""The settings as a training takes them: its hyperparameters, how long it takes, and when it is stopped."""

from __future__ import annotations

from kit.setting_types import declarations
from kit.settings import Settings

# What an instance takes to come up, to fetch image and data and to keep the model; and a picture, once, on any of the
# instances that the workshop names. Guesses on the safe side: no one has measured JumpStart's training here.
_BESIDE_MINUTES = 10.0
_SECONDS_A_PICTURE = 1.0


def hyperparameters(settings: Settings) -> dict[str, str]:
    """The values for CreateTrainingJob by their names there; those that are not given are left to the model."""
    named = {d.hyperparameter: getattr(settings, name) for name, d in declarations(type(settings)).items()}
    return {name: str(value) for name, value in named.items() if name is not None and value is not None}


# Every hyperparameter's name in CreateTrainingJob.
HYPERPARAMETERS = frozenset(d.hyperparameter for d in declarations(Settings).values() if d.hyperparameter)


def most_minutes(settings: Settings, pictures: int) -> float:
    """After how many minutes a training on so many pictures is stopped, whatever it has come to.

    An hour, and three seconds for each picture of each epoch: three times what two quiet cores take at the largest
    IMAGE_SIZE, 36 times what they take at the default (bench/README.md). Never more than 100 hours, which is where
    JumpStart's own estimators stop (`max_run` 360000).
    """
    if settings.train_minutes is not None:
        return settings.train_minutes
    return min(60 + settings.epochs * pictures * 3 / 60, 6000.0)


def reckoned_minutes(settings: Settings, pictures: int) -> float:
    """How many minutes of a training on so many pictures a price is reckoned with; never more than it can take."""
    likely = _BESIDE_MINUTES + settings.epochs * pictures * _SECONDS_A_PICTURE / 60
    return min(likely, most_minutes(settings, pictures))
