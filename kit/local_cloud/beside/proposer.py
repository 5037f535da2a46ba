"""A model that learns from the pictures that are labelled already, to propose boxes on the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.detection import proposals
from kit.detection.proposals import Proposal
from kit.local_cloud.beside import cross_validation
from kit.local_cloud.beside.cross_validation import Command
from kit.local_cloud.beside.lone_training import Example, never, train
from kit.local_cloud.container_files import ContainerFiles

# So many pictures have to be labelled before there is anything to learn; then at twice as many each time.
FIRST = 8
_FOLDS = 2
# Passes over the pictures: many over few, and so that a training stays short whatever their number.
_PICTURES_SEEN, _FEWEST_EPOCHS, _MOST_EPOCHS = 240, 10, 30


@dataclass(frozen=True)
class Proposer:
    """A model, its classes in class-id order, and the lowest score at which its detections are worth proposing."""

    files: ContainerFiles
    classes: tuple[str, ...]
    threshold: float

    def propose(self, pictures: Iterable[Example], labels: Sequence[str], serve: Command) -> Mapping[str, Proposal]:
        """What it proposes of the classes that are labelled, by the file name of the picture.

        Raises:
            KitError: the model does not come up, or does not take a picture.
        """
        found = cross_validation.detections(self.files, pictures, self.classes, serve)
        return {name: proposals.proposal(each, labels, self.threshold) for name, each in found.items()}


def learn(
    examples: Sequence[Example],
    labels: Sequence[str],
    hyperparameters: Mapping[str, str],
    folder: Path,
    commands: tuple[Command, Command],
    *,
    ended: Callable[[], bool] = never,
) -> Proposer:
    """Trains in folds, to choose the threshold by what they find, and once on all.

    Args:
        examples: with boxes, at least `cross_validation.FEWEST`.
        hyperparameters: the run's; its trainings are never longer than the run's own.
        folder: must not be there yet; it holds the model.

    Otherwise as `cross_validation.out_of_fold`.
    """
    short = {**hyperparameters, "epochs": str(epochs(len(examples), hyperparameters))}
    found = cross_validation.out_of_fold(examples, labels, short, folder / "folds", commands, count=_FOLDS, ended=ended)
    files = train(examples, labels, short, folder / "all", commands[0], ended=ended)
    return Proposer(files, tuple(labels), proposals.threshold((each.picture for each in examples), found))


def epochs(pictures: int, hyperparameters: Mapping[str, str]) -> int:
    """Of a short training on so many pictures."""
    short = min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, math.ceil(_PICTURES_SEEN / pictures)))
    return min(short, int(hyperparameters.get("epochs", short)))


def next_at(labelled: int) -> int:
    """At how many labelled pictures it learns anew, after it has learned from so many."""
    return max(FIRST, 2 * labelled)
