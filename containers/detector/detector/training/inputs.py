"""What a training job is given, read before PyTorch is loaded: whoever has mistyped something learns it at once."""

from __future__ import annotations

from dataclasses import dataclass

from detector.errors import InputError
from detector.paths import Paths
from detector.training import hyperparameters
from detector.training.dataset import LabelledPicture, read_channel
from detector.training.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Inputs:
    """Hyperparameters, the pictures of the channel `training`, and the names of the classes 0, 1, …"""

    settings: Hyperparameters
    pictures: list[LabelledPicture]
    labels: tuple[str, ...]


def read(paths: Paths) -> Inputs:
    """Raises InputError where the hyperparameters or the annotations cannot be used; pictures are not opened yet."""
    settings = hyperparameters.read(paths.hyperparameters)
    pictures = read_channel(paths.training_channel)
    return Inputs(settings, pictures, label_names(settings.labels, pictures))


def label_names(given: tuple[str, ...], pictures: list[LabelledPicture]) -> tuple[str, ...]:
    """The names of the classes 0, 1, …; their numbers where the hyperparameters name none.

    Raises:
        InputError: a picture has a class without a name.
    """
    highest = max(int(item.classes.max(initial=0)) for item in pictures)
    if not given:
        return tuple(str(number) for number in range(highest + 1))
    if highest >= len(given):
        raise InputError(
            f"annotations.json has category_id {highest}, but the hyperparameter labels names {len(given)} classes, "
            f"counted from 0: {', '.join(given)}"
        )
    return given
